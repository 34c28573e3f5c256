// "Copy": puts a number's text into the clipboard.

const COPIED_MS = 2000;

function createCopy(element) {
  const button = element.querySelector(".copy");
  let text = "";

  async function copy() {
    sayForAMoment(button, await copyText(text));
  }

  function show(answer) {
    button.hidden = !answer?.number;
    if (answer?.number?.text === text) return;
    text = answer?.number?.text ?? "";
    button.textContent = "Copy";
  }

  button.addEventListener("click", copy);
  return { show };
}

// Whether it was copied, in the place of "Copy" on its button.
function sayForAMoment(button, copied) {
  button.textContent = copied ? "Copied" : "Not copied";
  clearTimeout(button.timer);
  button.timer = setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}

// Resolves to whether it could.
async function copyText(text) {
  // Browsers have no clipboard for pages that come without TLS, and may refuse it to others.
  const copied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  return copied || copyBySelection(text);
}

function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed"; // where the page need not scroll to it
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  focused?.focus();
  return copied;
}
