// Sends a file to the server.

const NOT_SENT = "The picture could not be sent to the server.";
const NOT_READ = "The browser may not read it.";

// Returns the file as Gradio's FileData. Throws an Error with a sentence for the visitor.
async function uploadFile({ upload, file, name = file.name }) {
  if (!file) throw new Error(NOT_READ);
  const most = window.gradio_config?.max_file_size; // bytes; beyond it, Gradio's client sends nothing
  if (file.size > most) throw new Error(tooLarge(most));
  try {
    const { path, url } = await upload(file);
    const details = { path, url, orig_name: name, size: file.size, mime_type: file.type };
    return { ...details, meta: { _type: "gradio.FileData" } };
  } catch (error) {
    throw new Error(refusalIn(error.message) ?? NOT_SENT);
  }
}

const tooLarge = (most) => `The file is too large: ${Math.floor(most / 2 ** 20)} MB at most.`;

// The server's sentence: Gradio's message is the status and, in JSON, what page/server/answers.py
// has sent. A proxy before the server may have sent anything else.
function refusalIn(message) {
  try {
    return JSON.parse(message.slice(message.indexOf("{"))).error;
  } catch {
    return null;
  }
}
