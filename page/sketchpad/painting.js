// Paints a drawing, dark ink on white paper or upon a picture, on a canvas of any size.

// drawing is {picture, strokes}. Scale is in pixels for a side of the empty pad; left and top, in such
// sides, are where the canvas begins.
function paintDrawing({ context, drawing, scale, left, top }) {
  const { width, height } = context.canvas;
  const { picture, strokes } = drawing;
  context.fillStyle = "#fff";
  context.fillRect(0, 0, width, height);
  if (picture) {
    const place = backdropPlace(picture);
    context.drawImage(
      picture.image,
      (place.left - left) * scale,
      (place.top - top) * scale,
      place.width * scale,
      place.height * scale,
    );
  }
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) {
    const ink = picture?.ink ?? "#111";
    context.strokeStyle = stroke.erase ? (picture?.paper ?? "#fff") : ink;
    paintStroke(context, stroke, { scale, left, top });
  }
}

function paintStroke(context, stroke, { scale, left, top }) {
  const { points } = stroke;
  const width = stroke.width * scale;
  const position = (i) => [(points[i][0] - left) * scale, (points[i][1] - top) * scale];
  const midpoint = ([x, y], [nextX, nextY]) => [(x + nextX) / 2, (y + nextY) / 2];
  const widthVaries = points.some((point) => point[2] !== 1);
  context.lineWidth = width * points[0][2];
  context.beginPath();
  context.moveTo(...position(0));
  // Quadratic curves from midpoint to midpoint, with the point between them as the control point,
  // have no corners.
  for (let i = 1; i < points.length - 1; i++) {
    const end = midpoint(position(i), position(i + 1));
    context.quadraticCurveTo(...position(i), ...end);
    if (!widthVaries) continue;
    context.stroke(); // each curve has its own width
    context.beginPath();
    context.moveTo(...end);
    context.lineWidth = width * points[i][2];
  }
  const [x, y] = position(points.length - 1);
  context.lineTo(x + 0.01, y); // a line of zero length would paint no dot
  context.stroke();
}
