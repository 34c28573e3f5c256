// The drawing: a list of strokes, what it was before each change, and the stroke under way.
//
// A stroke is {points, width, erase}, a point being [x, y, factor]: a place in fractions of the
// pad's side, and how much a stylus pressed there widens the stroke; the width, too, is a fraction
// of the side.

function createStrokes(changed) {
  let strokes = [];
  const past = []; // what the list was before each change, for undo
  let future = []; // what undo took back, for redo
  let penUp = null; // a promise for the end of the stroke under way
  let liftPen = null; // resolves it

  function commit(next) {
    past.push(strokes);
    future = [];
    strokes = next;
    changed();
  }

  function begin(stroke) {
    penUp = new Promise((resolve) => {
      liftPen = resolve;
    });
    commit([...strokes, stroke]);
  }

  function extend(points) {
    strokes.at(-1).points.push(...points);
    changed();
  }

  function finish() {
    if (!penUp) return;
    penUp = null;
    liftPen();
  }

  // As if the stroke under way had never been begun; the next one is about to begin.
  function withdraw() {
    strokes = past.pop();
    finish();
  }

  function step(from, to) {
    finish();
    if (!from.length) return;
    to.push(strokes);
    strokes = from.pop();
    changed();
  }

  function clear() {
    finish();
    if (strokes.length) commit([]);
  }

  return {
    current: () => strokes,
    penUp: () => penUp, // null when no stroke is under way
    begin,
    extend,
    finish,
    withdraw,
    clear,
    undo: () => step(past, future),
    redo: () => step(future, past),
    canUndo: () => past.length > 0,
    canRedo: () => future.length > 0,
  };
}
