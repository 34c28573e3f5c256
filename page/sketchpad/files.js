// Picture files that are pasted anywhere on the page or dropped onto the pad.

// onUpload takes the uploaded file as Gradio's FileData.
function acceptFiles({ isForPad, sheet, status, upload, onUpload }) {
  // Returns whether there was a picture among the files.
  async function uploadPicture(files) {
    const file = [...(files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return false;
    status.textContent = "";
    try {
      const { path, url } = await upload(file);
      const details = { path, url, orig_name: file.name, size: file.size, mime_type: file.type };
      onUpload({ ...details, meta: { _type: "gradio.FileData" } });
    } catch {
      status.textContent = "The picture could not be sent to the server.";
    }
    return true;
  }

  async function uploadDropped(files) {
    if (!(await uploadPicture(files))) status.textContent = "Only pictures can be dropped here.";
  }

  document.addEventListener("paste", (event) => {
    if (isForPad(event)) uploadPicture(event.clipboardData?.files);
  });

  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    sheet.addEventListener(type, (event) => {
      event.preventDefault();
      sheet.classList.toggle("target", type === "dragenter" || type === "dragover");
      if (type === "drop" && event.dataTransfer.files.length)
        uploadDropped(event.dataTransfer.files);
    });
  }
}
