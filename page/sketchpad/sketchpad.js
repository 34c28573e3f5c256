// The sketchpad: connects its parts.
//
// Both the canvas on the page and the picture for the server are painted from the list of strokes.
// So the drawing stays sharp on any screen and after a resize, and the picture does not depend on
// screen, zoom or theme.

function startSketchpad({ element, props, trigger, server, upload }) {
  const find = (selector) => element.querySelector(selector);
  const canvas = find("canvas");
  const sheet = find(".sheet");
  const hint = find(".hint");
  const undo = find(".undo");
  const redo = find(".redo");
  const clear = find(".clear");
  const status = find(".status");
  const strokes = createStrokes(onChange);
  const view = createView(canvas, strokes);
  const pen = createPen(element, strokes);
  const boxes = createBoxes({ parent: find(".boxes"), strokes });
  const ghosts = createGhosts({ paper: find(".paper"), canvas, strokes });
  const growth = createGrowth({ element: find(".paper"), strokes, onGrown });
  const answers = createSteadyAnswers({ strokes, onAnswer });
  const recognition = createRecognition({ server, strokes, status, onAnswer: answers.take });
  let paperSide = 1; // as it is shown

  function onChange() {
    const empty = strokes.current().length === 0;
    hint.hidden = !empty;
    undo.disabled = !strokes.canUndo();
    redo.disabled = !strokes.canRedo();
    clear.disabled = empty;
    growth.cancel();
    boxes.clear();
    ghosts.clear();
    showPaper();
    view.repaint();
    if (empty) recognition.reset();
    else recognition.recognize();
  }

  function showPaper() {
    const { side } = paperOf(strokes.current());
    if (side !== paperSide) pen.showWidth();
    paperSide = side;
  }

  function onStrokeEnd() {
    answers.release();
    boxes.show();
    growth.growSoon();
  }

  function onGrown() {
    boxes.show();
    showPaper();
    view.paint();
    recognition.recognize(); // ink that lay beyond the edge is in the picture now
  }

  function onAnswer(drawing) {
    boxes.onAnswer(drawing);
    ghosts.onAnswer(drawing);
    props.value = drawing;
    trigger("input");
  }

  function onUpload(file) {
    props.value = { file };
    trigger("upload");
  }

  // Keys and pasted pictures are for the pad wherever the focus is, as long as the pad is visible
  // and the visitor isn't typing in a field.
  function isForPad(event) {
    const fields = "input:not([type=range]), textarea, select, [contenteditable]";
    return element.getClientRects().length > 0 && !event.target.closest?.(fields);
  }

  undo.addEventListener("click", strokes.undo);
  redo.addEventListener("click", strokes.redo);
  clear.addEventListener("click", strokes.clear);
  drawWithPointer({ canvas, sheet, cursor: find(".cursor"), strokes, pen, onStrokeEnd });
  listenToKeys({ isForPad, strokes, pen });
  acceptFiles({ isForPad, sheet, status, upload, onUpload });

  function resize() {
    if (view.resize()) pen.showWidth();
  }

  new ResizeObserver(resize).observe(canvas);
  resize();
  pen.showWidth();
}
