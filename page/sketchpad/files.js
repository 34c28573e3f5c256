// Picture files: chosen, photographed, pasted anywhere on the page, or dropped onto the pad.

const NOT_SENT = "The picture could not be sent to the server.";

// onUpload takes the uploaded file as Gradio's FileData. Returns a function that uploads one of the
// files, and says whether there was one.
function acceptFiles({ element, isForPad, sheet, status, waiting, upload, onUpload }) {
  let latest = 0; // an earlier file that arrives later is dropped

  // The server says what can't be read: it knows more kinds of pictures than browsers do.
  async function uploadPicture(files) {
    const [first] = files ?? [];
    const file = [...(files ?? [])].find(isPictureFile) ?? first;
    if (!file) return false;
    const number = ++latest;
    status.textContent = "";
    waiting.begin();
    try {
      const { path, url } = await upload(file);
      const details = { path, url, orig_name: file.name, size: file.size, mime_type: file.type };
      if (number === latest) onUpload({ ...details, meta: { _type: "gradio.FileData" } });
    } catch {
      waiting.end();
      status.textContent = NOT_SENT;
    }
    return true;
  }

  for (const input of element.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", async () => {
      await uploadPicture(input.files);
      input.value = ""; // the same file may be chosen again
    });
  }

  document.addEventListener("paste", (event) => {
    if (isForPad(event)) uploadPicture(event.clipboardData?.files);
  });

  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    sheet.addEventListener(type, (event) => {
      event.preventDefault();
      sheet.classList.toggle("target", type === "dragenter" || type === "dragover");
      if (type === "drop") uploadPicture(event.dataTransfer.files);
    });
  }

  return uploadPicture;
}
