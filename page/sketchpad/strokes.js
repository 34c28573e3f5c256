// The drawing: a list of strokes, its history for undo and redo, and the stroke being drawn.
//
// A stroke is {points, width, erase, paper}. A point is [x, y, factor]: its place in sides of the
// empty pad, and the factor by which a stylus's pressure widens the stroke there. The width and the
// side of the paper are in sides of the empty pad, too.

function createStrokes(onChange) {
  let strokes = [];
  const undoStack = []; // the list before each change
  let redoStack = []; // the lists that undo has replaced
  let strokeEnd = null; // while a stroke is being drawn: a promise that resolves at its end
  let resolveStrokeEnd = null;

  function commit(newStrokes) {
    undoStack.push(strokes);
    redoStack = [];
    strokes = newStrokes;
    onChange();
  }

  function begin(stroke) {
    strokeEnd = new Promise((resolve) => {
      resolveStrokeEnd = resolve;
    });
    commit([...strokes, { ...stroke, paper: paperOf(strokes).side }]);
  }

  function extend(points) {
    strokes.at(-1).points.push(...points);
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
    strokes = undoStack.pop();
    finish();
  }

  function step(from, to) {
    finish();
    if (!from.length) return;
    to.push(strokes);
    strokes = from.pop();
    onChange();
  }

  function clear() {
    finish();
    if (strokes.length) commit([]);
  }

  return {
    current: () => strokes,
    isDrawing: () => strokeEnd !== null,
    strokeEnd: () => strokeEnd, // null when no stroke is being drawn
    begin,
    extend,
    finish,
    cancel,
    clear,
    undo: () => step(undoStack, redoStack),
    redo: () => step(redoStack, undoStack),
    canUndo: () => undoStack.length > 0,
    canRedo: () => redoStack.length > 0,
  };
}
