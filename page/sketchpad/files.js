// Picture files: chosen, photographed, pasted anywhere on the page, or dropped onto the pad.

const ONE_OF_THEM = "Only the first one is read here.";
const NO_FILE = "That is no picture file: save it first, or copy and paste it.";

// onUpload takes the uploaded file as Gradio's FileData. Returns a function that uploads one of the
// files.
function acceptFiles({ element, isForPad, sheet, status, arrivals, onUpload }) {
  // The server says what can't be read: it knows more kinds of pictures than browsers do.
  async function uploadPicture(files) {
    const [first] = files ?? [];
    const file = [...(files ?? [])].find(isPictureFile) ?? first;
    if (!file) return;
    const note = files.length > 1 ? ONE_OF_THEM : "";
    arrivals.expect(file, note);
    try {
      const uploaded = await uploadFile({ file, mostMb: sheet.dataset.mostMb });
      if (!arrivals.isExpected(file)) return;
      arrivals.expect(uploaded.path, note);
      onUpload(uploaded);
    } catch ({ message }) {
      arrivals.fail(file, message);
    }
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

  // A picture of another page may come as its address alone, which is nobody's to fetch.
  function take({ files }) {
    if (files.length) uploadPicture(files);
    else status.textContent = NO_FILE;
  }

  acceptDrops({ target: sheet, isOpen: isForPad, onDrop: take });
  return uploadPicture;
}
