// Sends files to the server, some at a time.

const SENT_TOGETHER = 4;

// `mostMb`: of a file, in megabytes. No more are sent once they aren't wanted. Returns the files as
// Gradio's FileData, in order, and those that could not be sent by the sentence that says why: a Map
// of sentences to lists of names.
async function sendFiles({ files, mostMb, isWanted, onStep }) {
  const sent = new Array(files.length);
  const unsent = new Map();
  let next = 0;
  let count = 0;

  async function sendSome() {
    while (next < files.length && isWanted()) {
      const index = next++;
      const { file, name } = files[index];
      try {
        sent[index] = await uploadFile({ file, name, mostMb });
      } catch ({ message }) {
        unsent.set(message, [...(unsent.get(message) ?? []), name]);
      }
      onStep(++count);
    }
  }

  await Promise.all(Array.from({ length: SENT_TOGETHER }, sendSome));
  return { sent: sent.filter(Boolean), unsent };
}
