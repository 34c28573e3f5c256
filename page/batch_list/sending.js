// Sends files to the server, some at a time.

const SENT_TOGETHER = 4;

// Returns the files as Gradio's FileData, in order, and the names of those that could not be sent.
async function sendFiles({ files, upload, onStep }) {
  const sent = new Array(files.length);
  const unsent = [];
  let next = 0;
  let count = 0;

  async function sendSome() {
    while (next < files.length) {
      const index = next++;
      const { file, name } = files[index];
      try {
        const { path, url } = await upload(file);
        const details = { path, url, orig_name: name, size: file.size, mime_type: file.type };
        sent[index] = { ...details, meta: { _type: "gradio.FileData" } };
      } catch {
        unsent.push(name);
      }
      onStep(++count);
    }
  }

  await Promise.all(Array.from({ length: SENT_TOGETHER }, sendSome));
  return { sent: sent.filter(Boolean), unsent };
}
