// The canvas on the page, which has as many pixels as the screen has there.

function createScreen(canvas, strokes) {
  let frame = null;

  function paint() {
    paintStrokes(canvas.getContext("2d"), strokes.current(), canvas.width);
  }

  function repaint() {
    if (frame !== null) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      paint();
    });
  }

  // Whether the size had to change.
  function fit() {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side || side === canvas.width) return false;
    canvas.width = side;
    canvas.height = side;
    paint(); // at once: setting the size has wiped the canvas
    return true;
  }

  return { repaint, fit };
}
