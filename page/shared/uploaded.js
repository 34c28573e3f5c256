// Sends a file to the server.

const NOT_SENT = "The picture could not be sent to the server.";
const NOT_READ = "The browser may not read it.";

// `mostMb`: the largest file, in megabytes. Returns the file as Gradio's FileData. Throws an Error with a sentence for the visitor.
async function uploadFile({ upload, file, mostMb, name = file.name }) {
  if (!file) throw new Error(NOT_READ);
  if (file.size > 1e6 * mostMb) throw new Error(`The file is too large: ${mostMb} MB at most.`);
  try {
    const { path, url } = await upload(file);
    const details = { path, url, orig_name: name, size: file.size, mime_type: file.type };
    return { ...details, meta: { _type: "gradio.FileData" } };
  } catch (error) {
    throw new Error(refusalIn(error.message) ?? NOT_SENT);
  }
}

// The server's sentence: Gradio's message is the status and, in JSON, what page/server/answers.py
// has sent. A proxy before the server may have sent anything else.
function refusalIn(message) {
  try {
    return JSON.parse(message.slice(message.indexOf("{"))).error;
  } catch {
    return null;
  }
}
