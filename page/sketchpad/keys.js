// Keyboard shortcuts.

function listenToKeys({ isForPad, strokes, pen }) {
  const plainKeys = {
    delete: strokes.clear,
    escape: strokes.clear,
    e: pen.toggleEraser,
    "[": pen.thinner,
    "]": pen.thicker,
  };
  const controlKeys = { z: strokes.undo, y: strokes.redo };
  const controlShiftKeys = { z: strokes.redo, y: strokes.redo };

  function actionsFor(event) {
    if (!event.ctrlKey && !event.metaKey) return plainKeys;
    return event.shiftKey ? controlShiftKeys : controlKeys;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || !isForPad(event)) return;
    const action = actionsFor(event)[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
