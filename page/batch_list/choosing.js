// Files that are chosen or dropped, and those in folders.
//
// Whoever names a file gets a row for it, even if it is no picture; in a folder, other files are
// passed over.

// onFiles takes [{file, name}, …]; the name of a file in a folder begins with the folder's, and the
// file is null if the browser may not read it.
function acceptPictures({ element, onFiles }) {
  const drop = element.querySelector(".drop");
  const fileInput = element.querySelector(".files");
  const folderInput = element.querySelector(".folder");
  const folderButton = element.querySelector(".choose-folder");

  function takeFrom(input, files) {
    onFiles(files);
    input.value = ""; // so that the same files can be chosen again
  }

  fileInput.addEventListener("change", () => takeFrom(fileInput, [...fileInput.files].map(named)));
  folderInput.addEventListener("change", () =>
    takeFrom(folderInput, [...folderInput.files].filter(isPictureFile).map(named)),
  );
  element.querySelector(".choose-files").addEventListener("click", () => fileInput.click());
  folderButton.addEventListener("click", () => folderInput.click());
  folderButton.hidden = !("webkitdirectory" in folderInput);

  const isOpen = () => element.getClientRects().length > 0;
  const take = async (dropped) => onFiles(await droppedFiles(dropped));
  acceptDrops({ target: drop, isOpen, onDrop: take });
}

function named(file) {
  return { file, name: file.webkitRelativePath || file.name };
}

async function droppedFiles({ items }) {
  // What was dropped can be asked for during the event only.
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  const files = await Promise.all(
    entries.map((entry) => (entry.isDirectory ? filesIn(entry) : [fileOf(entry)])),
  );
  return Promise.all(files.flat());
}

async function filesIn(folder) {
  const entries = await entriesOf(folder).catch(() => null);
  if (!entries) return [{ file: null, name: nameOf(folder) }];
  const found = [];
  for (const entry of entries) {
    const some = entry.isDirectory ? await filesIn(entry) : [await fileOf(entry)].filter(isPicture);
    found.push(...some);
  }
  return found;
}

function isPicture({ file, name }) {
  return isPictureFile(file ?? { type: "", name });
}

async function fileOf(entry) {
  const file = await new Promise((resolve, reject) => entry.file(resolve, reject)).catch(
    () => null,
  );
  return { file, name: nameOf(entry) };
}

function nameOf(entry) {
  return entry.fullPath.slice(1);
}

// A reader gives some of a folder's entries at a time, and none in the end.
async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  let some;
  do {
    some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    entries.push(...some);
  } while (some.length > 0);
  return entries.sort((one, other) => COLLATOR.compare(one.name, other.name));
}
