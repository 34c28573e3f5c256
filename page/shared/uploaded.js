// Sends a file to the server.

const NOT_SENT = "The picture could not be sent to the server.";
const NOT_READ = "The browser may not read it.";
const SEND_MS = 120_000; // for a large photograph on a slow line

// `mostMb`: the largest file, in megabytes. Returns the file as Gradio's FileData. Throws an Error with
// a sentence for the visitor.
async function uploadFile({ file, mostMb, name = file.name }) {
  if (!file) throw new Error(NOT_READ);
  if (file.size > 1e6 * mostMb) throw new Error(`The file is too large: ${mostMb} MB at most.`);
  try {
    const { path, url } = await sendFile(file);
    const details = { path, url, orig_name: name, size: file.size, mime_type: file.type };
    return { ...details, meta: { _type: "gradio.FileData" } };
  } catch (error) {
    throw new Error(refusalIn(error.message) ?? NOT_SENT);
  }
}

// Not by Gradio's upload(), which shows the answer to an error in a box of its own, too.
async function sendFile(file) {
  const { root, api_prefix } = window.gradio_config;
  const body = new FormData();
  body.append("files", file);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), SEND_MS);
  try {
    const request = { method: "POST", body, signal: late.signal };
    const response = await fetch(`${root}${api_prefix}/upload`, request);
    if (!response.ok) throw new Error(await response.text());
    const [path] = await response.json();
    return { path, url: `${root}${api_prefix}/file=${path}` };
  } finally {
    clearTimeout(timer);
  }
}

// The server's sentence, of page/server/answers.py. A proxy before it may have sent anything else.
function refusalIn(text) {
  try {
    return JSON.parse(text).error;
  } catch {
    return null;
  }
}
