// The drawing: a picture to draw upon, or none, and a list of strokes; its history for undo and redo;
// and the stroke being drawn.
//
// A stroke is {points, width, erase, paper}. A point is [x, y, factor]: its place in sides of the
// empty pad, and the factor by which a stylus's pressure widens the stroke there. The width and the
// side of the paper are in sides of the empty pad, too. The picture is one of backdrop.js.

const MAX_UNDO = 100; // steps; the earliest are forgotten

function createStrokes(onChange) {
  let drawing = { picture: null, strokes: [] };
  let undoStack = []; // the drawing before each change
  let redoStack = []; // the drawings that undo has replaced
  let strokeEnd = null; // while a stroke is being drawn: a promise that resolves at its end
  let resolveStrokeEnd = null;

  const isEmpty = () => !drawing.picture && !drawing.strokes.length;

  function commit(newDrawing) {
    undoStack.push(drawing);
    if (undoStack.length > MAX_UNDO) undoStack.shift();
    redoStack = [];
    drawing = newDrawing;
    onChange();
  }

  function begin(stroke) {
    strokeEnd = new Promise((resolve) => {
      resolveStrokeEnd = resolve;
    });
    const { picture, strokes } = drawing;
    commit({ picture, strokes: [...strokes, { ...stroke, paper: paperOf(strokes).side }] });
  }

  function extend(points) {
    drawing.strokes.at(-1).points.push(...points);
    onChange();
  }

  function finish() {
    if (!strokeEnd) return;
    strokeEnd = null;
    resolveStrokeEnd();
  }

  // Takes back begin() and extend(). The caller begins another stroke at once, so this does not
  // call onChange().
  function cancel() {
    drawing = undoStack.pop();
    finish();
  }

  function step(from, to) {
    finish();
    if (!from.length) return;
    to.push(drawing);
    drawing = from.pop();
    onChange();
  }

  // Puts another drawing in the place of this one, which undo brings back.
  function replace(newDrawing) {
    finish();
    commit(newDrawing);
  }

  function clear() {
    finish();
    if (!isEmpty()) commit({ picture: null, strokes: [] });
  }

  // As it was saved, see saved.js. If something has been drawn already, undo comes to it.
  function restore(saved) {
    if (isEmpty() && !undoStack.length) {
      ({ drawing, undoStack, redoStack } = saved);
    } else {
      undoStack = [...saved.undoStack, saved.drawing, ...undoStack].slice(-MAX_UNDO);
    }
    onChange();
  }

  return {
    drawing: () => drawing, // {picture, strokes}
    current: () => drawing.strokes,
    picture: () => drawing.picture,
    isEmpty,
    isDrawing: () => strokeEnd !== null,
    strokeEnd: () => strokeEnd, // null when no stroke is being drawn
    begin,
    extend,
    finish,
    cancel,
    replace,
    clear,
    undo: () => step(undoStack, redoStack),
    redo: () => step(redoStack, undoStack),
    canUndo: () => undoStack.length > 0,
    canRedo: () => redoStack.length > 0,
    everything: () => ({ drawing, undoStack, redoStack }),
    restore,
  };
}
