// The visible canvas, with one pixel for each pixel of the screen.

function createView(canvas, strokes) {
  let frame = null; // the requested animation frame

  function paint() {
    const { side, top } = paperOf(strokes.current());
    const context = canvas.getContext("2d");
    const drawing = strokes.drawing();
    paintDrawing({ context, drawing, scale: canvas.width / side, left: 0, top });
  }

  function repaint() {
    if (frame !== null) return;
    frame = requestAnimationFrame(() => {
      frame = null;
      paint();
    });
  }

  // Fits the pixels to the size on the page.
  function resize() {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (!side || side === canvas.width) return;
    canvas.width = side;
    canvas.height = side;
    paint(); // now, not in the next frame: setting the size has cleared the canvas
  }

  return { paint, repaint, resize };
}
