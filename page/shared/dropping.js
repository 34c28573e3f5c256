// Files that are dropped onto an element, or beside it, where the browser would leave the page.

// onDrop takes what was dropped, a DataTransfer; isOpen(event) tells whether what is dropped beside
// the element is for it, too.
function acceptDrops({ target, isOpen, onDrop }) {
  for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
    target.addEventListener(type, (event) => {
      event.preventDefault();
      event.stopPropagation();
      target.classList.toggle("target", type === "dragenter" || type === "dragover");
      if (type === "drop") onDrop(event.dataTransfer);
    });
  }
  for (const type of ["dragover", "drop"]) {
    document.addEventListener(type, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      if (type === "drop" && isOpen(event)) onDrop(event.dataTransfer);
    });
  }
}
