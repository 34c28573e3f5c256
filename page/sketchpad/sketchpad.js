// The sketchpad: its parts, and what follows from a change of the drawing.
//
// Everything visible is painted from the list of strokes, so it stays sharp on any screen and
// survives a resize, and the picture sent to the server never depends on screen, zoom or theme.

function startSketchpad({ element, props, trigger, server, upload }) {
  const find = (name) => element.querySelector(name);
  const canvas = find("canvas");
  const sheet = find(".sheet");
  const hint = find(".hint");
  const undo = find(".undo");
  const redo = find(".redo");
  const clear = find(".clear");
  const trouble = find(".trouble");
  const strokes = createStrokes(changed);
  const screen = createScreen(canvas, strokes);
  const pen = createPen(element);
  const recognition = createRecognition({ server, strokes, trouble, show: showAnswer });

  function changed() {
    const empty = strokes.current().length === 0;
    hint.hidden = !empty;
    undo.disabled = !strokes.canUndo();
    redo.disabled = !strokes.canRedo();
    clear.disabled = empty;
    screen.repaint();
    if (empty) recognition.forget();
    else recognition.ask();
  }

  // {key, picture, answer}, or null for an empty pad
  function showAnswer(drawing) {
    props.value = drawing;
    trigger("input");
  }

  function showFile(file) {
    props.value = { file };
    trigger("upload");
  }

  // Keys and pasted pictures are for the pad wherever the focus is, as long as the pad is on show
  // and nothing is being typed.
  function isMeant(event) {
    const fields = "input:not([type=range]), textarea, select, [contenteditable]";
    return element.getClientRects().length > 0 && !event.target.closest?.(fields);
  }

  undo.addEventListener("click", strokes.undo);
  redo.addEventListener("click", strokes.redo);
  clear.addEventListener("click", strokes.clear);
  drawWithPointer({ canvas, sheet, nib: find(".nib"), strokes, pen });
  listenToKeys({ isMeant, strokes, pen });
  takeFiles({ isMeant, sheet, trouble, upload, show: showFile });

  function fit() {
    if (screen.fit()) pen.show();
  }

  new ResizeObserver(fit).observe(canvas);
  fit();
  pen.show();
}
