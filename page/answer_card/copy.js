// "Copy": puts a number's text into the clipboard.

const COPIED_MS = 2000;

function createCopy(element) {
  const button = element.querySelector(".copy");
  let text = "";
  let timer = null;

  function say(word) {
    button.textContent = word;
    clearTimeout(timer);
    timer = setTimeout(() => {
      button.textContent = "Copy";
    }, COPIED_MS);
  }

  async function copy() {
    // Browsers have no clipboard for pages that come without TLS, and may refuse it to others.
    const copied = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    );
    say(copied || copyBySelection(text) ? "Copied" : "Not copied");
    button.focus();
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

// Returns whether it could.
function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed"; // where the page need not scroll to it
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
