// Picture files that are pasted anywhere or dropped onto the pad.

// show takes a file as Gradio's components know it.
function takeFiles({ isMeant, sheet, trouble, upload, show }) {
  // Whether there was a picture among the files.
  async function take(files) {
    const file = [...(files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return false;
    trouble.textContent = "";
    try {
      const { path, url } = await upload(file);
      const sent = { path, url, orig_name: file.name, size: file.size, mime_type: file.type };
      show({ ...sent, meta: { _type: "gradio.FileData" } });
    } catch {
      trouble.textContent = "The picture could not be sent to the server.";
    }
    return true;
  }

  async function takeDropped(files) {
    if (!(await take(files))) trouble.textContent = "Only pictures can be dropped here.";
  }

  document.addEventListener("paste", (event) => {
    if (isMeant(event)) take(event.clipboardData?.files);
  });

  for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
    sheet.addEventListener(kind, (event) => {
      event.preventDefault();
      sheet.classList.toggle("target", kind === "dragenter" || kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files.length) takeDropped(event.dataTransfer.files);
    });
  }
}
