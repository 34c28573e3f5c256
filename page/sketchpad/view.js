// The visible canvas, with one pixel for each pixel of the screen.

function createView(canvas, strokes) {
  let frame = null; // the requested animation frame

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

  // Fits the pixels to the size on the page; returns whether their number changed.
  function resize() {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side || side === canvas.width) return false;
    canvas.width = side;
    canvas.height = side;
    paint(); // now, not in the next frame: setting the size has cleared the canvas
    return true;
  }

  return { repaint, resize };
}
