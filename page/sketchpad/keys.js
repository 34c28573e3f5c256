// The keys of the tools.

function listenToKeys({ isMeant, strokes, pen }) {
  const plain = {
    delete: strokes.clear,
    escape: strokes.clear,
    e: pen.toggleEraser,
    "[": pen.thinner,
    "]": pen.thicker,
  };
  const withControl = { z: strokes.undo, y: strokes.redo };
  const withControlAndShift = { z: strokes.redo, y: strokes.redo };

  function actions(event) {
    if (!event.ctrlKey && !event.metaKey) return plain;
    return event.shiftKey ? withControlAndShift : withControl;
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || !isMeant(event)) return;
    const action = actions(event)[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
