// The sketchpad: connects its parts.
//
// Both the canvas on the page and the picture for the server are painted from the drawing's list of
// strokes. So the drawing stays sharp on any screen and after a resize, and the picture does not
// depend on screen, zoom or theme.

const UPLOAD = "the upload"; // the latest one, where other parts of the page don't know its path

function startSketchpad({ element, props, trigger, watch, server }) {
  const find = (selector) => element.querySelector(selector);
  const canvas = find("canvas");
  const sheet = find(".sheet");
  const status = find(".status");
  const strokes = createStrokes(onChange);
  const view = createView(canvas, strokes);
  const pen = createPen(element, strokes);
  const boxes = createBoxes({ parent: find(".boxes"), strokes });
  const ghosts = createGhosts({ paper: find(".paper"), canvas, strokes });
  const growth = createGrowth({ element: find(".paper"), strokes, onGrown });
  const saved = createSaved(strokes);
  const waiting = createWaiting(status);
  const recognition = createRecognition({
    ...{ server, strokes, status, waiting },
    onAnswer: (drawing) => answers.take(drawing),
  });
  const answers = createSteadyAnswers({ strokes, isCurrent: recognition.isCurrent, onAnswer });
  const pointer = drawWithPointer({
    ...{ canvas, sheet, cursor: find(".cursor"), strokes, pen },
    onStroke,
  });
  const arrivals = createArrivals({ saved, onExpect, onArrive });
  const uploadPicture = acceptFiles({
    ...{ element, isForPad, sheet, status, arrivals },
    onUpload,
  });
  const camera = createCamera({ element, status, onPhoto: (file) => uploadPicture([file]) });
  let paperSide = 1; // as it is shown
  let isArriving = false; // a drawing with its answer
  let uploaded = null; // the path of the latest upload
  let shown = null; // the latest answer, with its drawing
  let left = null; // the answer that goes with what is being cleared

  function show() {
    const focused = document.activeElement;
    arrivals.forget();
    find(".hint").hidden = !strokes.isEmpty();
    find(".remove").hidden = !strokes.picture();
    find(".undo").disabled = !strokes.canUndo();
    find(".redo").disabled = !strokes.canRedo();
    find(".clear").disabled = strokes.isEmpty();
    if (element.contains(focused) && (focused.disabled || focused.hidden)) {
      canvas.focus({ preventScroll: true });
    }
    growth.cancel();
    boxes.clear();
    ghosts.clear();
    showPaper();
    view.repaint();
    saved.saveSoon();
  }

  function onChange() {
    show();
    if (!strokes.isDrawing()) {
      camera.close(); // or its picture would hide the change
      growth.growSoon();
    }
    if (strokes.isEmpty()) beginAnew();
    else if (!isArriving) recognition.recognize();
  }

  function beginAnew() {
    recognition.reset();
    pen.stopErasing(); // or the next drawing would be invisible
  }

  function showPaper() {
    const { side } = paperOf(strokes.current());
    if (side !== paperSide) pen.showWidth();
    paperSide = side;
  }

  function onStroke() {
    answers.concludeSoon();
    if (strokes.isDrawing()) return;
    boxes.show();
    growth.growSoon();
    saved.saveSoon();
    if (strokes.picture()) recognition.recognize(); // what is read at last has hints
  }

  function onGrown() {
    boxes.show();
    showPaper();
    view.paint();
    recognition.recognize(); // ink that lay beyond the edge is in the picture now
  }

  function onAnswer(drawing) {
    if (drawing) saved.remember(drawing.key);
    showAnswer(drawing);
  }

  function showAnswer(drawing) {
    boxes.onAnswer(drawing);
    ghosts.onAnswer(drawing);
    shown = drawing;
    props.value = left && !drawing ? { left } : drawing;
    trigger("input");
  }

  // A late answer about the drawing would take the place of what is expected.
  function onExpect() {
    camera.close();
    growth.cancel();
    recognition.drop();
    answers.start(null);
    waiting.begin();
    find(".clear").disabled = false; // it stops waiting
  }

  function onUpload(file) {
    uploaded = file.path;
    props.value = { file };
    trigger("upload");
  }

  function clear() {
    // What was answered a moment ago is one of this visit's answers, too.
    left = recognition.isCurrent() && isConcluded(shown) ? shown : null;
    arrivals.forget();
    if (strokes.isEmpty())
      onChange(); // there may be an error on show
    else strokes.clear();
    left = null;
  }

  function removePicture() {
    strokes.replace({ picture: null, strokes: strokes.current() });
  }

  async function turnPicture(degrees) {
    const { url } = createPicture().paint(strokes.drawing()); // with what was drawn upon it
    const picture = await turnedBackdrop(await loadBackdrop(url), degrees);
    if (strokes.picture()) strokes.replace({ picture, strokes: [] }); // not cleared meanwhile
  }

  function onArrive({ drawing, answer, note }) {
    if (answer.error) waiting.fail(answer.error);
    else waiting.end();
    let answered = { answer };
    if (drawing) {
      isArriving = true;
      strokes.replace(drawing);
      isArriving = false;
      answered = { ...recognition.takeAnswered(), key: answer.key, answer };
    }
    answers.start(answered);
    showAnswer(answered);
    status.textContent = note;
    if (answer.error) recognition.resume();
    // On a phone the pad may be out of sight, above the examples and the history.
    const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
    element.scrollIntoView({ block: "nearest", behavior: isStill ? "instant" : "smooth" });
  }

  // Keys and pasted pictures are for the pad wherever the focus is, as long as the pad is visible,
  // nothing lies over the page, and the visitor isn't typing in a field.
  function isForPad(event) {
    const fields = "input:not([type=range], [type=checkbox]), textarea, select, [contenteditable]";
    const isCovered = document.querySelector(".api-docs, dialog[open]") !== null;
    return element.getClientRects().length > 0 && !isCovered && !event.target.closest?.(fields);
  }

  find(".undo").addEventListener("click", strokes.undo);
  find(".redo").addEventListener("click", strokes.redo);
  find(".clear").addEventListener("click", clear);
  find(".remove").addEventListener("click", removePicture);
  find(".choose").addEventListener("click", () => find(".picture-file").click());
  listenToKeys({ element, isForPad, strokes, pen, clear, endStroke: pointer.end });
  showKeysOfThisMachine(element);
  // Other parts of the page bring answers, and pictures that take a moment.
  watch("value", () => {
    const { expect, arrive, answer, fail, turn } = props.value ?? {};
    if (expect) arrivals.expect(expect);
    if (arrive) arrivals.arrive(arrive, answer);
    if (fail) arrivals.fail(fail === UPLOAD ? uploaded : fail);
    if (turn) turnPicture(turn);
  });

  function resize() {
    if (!canvas.clientWidth) camera.close(); // another tab is open
    view.resize();
    pen.showWidth();
  }

  new ResizeObserver(resize).observe(canvas);
  onOtherScreen(resize);
  resize();
  pen.showWidth();
  saved.restore();
}

function isConcluded(drawing) {
  return Boolean(drawing) && !drawing.answer.error && drawing.answer.verdict !== "pending";
}
