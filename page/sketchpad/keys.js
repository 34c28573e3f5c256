// Keyboard shortcuts.

// endStroke ends the stroke that is being drawn.
function listenToKeys({ element, isForPad, strokes, pen, clear, endStroke }) {
  const plainKeys = {
    delete: clear,
    backspace: clear,
    escape: endStroke,
  };
  // Characters, which speech and switches may send: only while the focus is in the pad.
  const characterKeys = { e: pen.toggleEraser, "[": pen.thinner, "]": pen.thicker };
  const controlKeys = { z: strokes.undo, y: strokes.redo };
  const controlShiftKeys = { z: strokes.redo, y: strokes.redo };

  function actionsFor(event) {
    const isInPad = element.contains(event.target);
    if (isBracket(event)) return isInPad ? characterKeys : {};
    if (event.altKey) return {};
    if (!event.ctrlKey && !event.metaKey) return { ...plainKeys, ...(isInPad && characterKeys) };
    return event.shiftKey ? controlShiftKeys : controlKeys;
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeApiPanel();
    const isCovered = element.querySelector(".viewfinder:not([hidden])") !== null;
    if (event.defaultPrevented || !isForPad(event) || isCovered) return;
    const action = actionsFor(event)[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

// Many keyboards have them behind Option or AltGr, which is Ctrl and Alt to Windows. With Ctrl or
// Command alone they are the browser's.
function isBracket({ key, altKey, ctrlKey, metaKey }) {
  return (key === "[" || key === "]") && !metaKey && (altKey || !ctrlKey);
}

// Gradio's own panel has no key for it.
function closeApiPanel() {
  document.querySelector(".api-docs .backdrop")?.click();
}

// Macs have another key for what others do with Ctrl.
function showKeysOfThisMachine(element) {
  if (!isApple()) return;
  for (const button of element.querySelectorAll("[aria-keyshortcuts]")) {
    button.title = button.title.replace("Ctrl+Shift+", "⇧⌘").replace("Ctrl+", "⌘");
    const keys = button.getAttribute("aria-keyshortcuts").replace("Control", "Meta");
    button.setAttribute("aria-keyshortcuts", keys);
  }
}
