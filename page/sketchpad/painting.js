// Painting strokes: dark ink on white paper, on a canvas of any size.

function paintStrokes(context, strokes, side) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.lineCap = "round";
  context.lineJoin = "round";
  for (const stroke of strokes) paintStroke(context, stroke, side);
}

function paintStroke(context, stroke, side) {
  const { points } = stroke;
  const width = stroke.width * side;
  const at = (i) => [points[i][0] * side, points[i][1] * side];
  const between = ([x, y], [nextX, nextY]) => [(x + nextX) / 2, (y + nextY) / 2];
  const pressed = points.some((point) => point[2] !== 1);
  context.strokeStyle = stroke.erase ? "#fff" : "#111";
  context.lineWidth = width * points[0][2];
  context.beginPath();
  context.moveTo(...at(0));
  // Curves from midpoint to midpoint, bent towards the point between them, have no corners.
  for (let i = 1; i < points.length - 1; i++) {
    const middle = between(at(i), at(i + 1));
    context.quadraticCurveTo(...at(i), ...middle);
    if (!pressed) continue;
    context.stroke(); // each piece in a width of its own
    context.beginPath();
    context.moveTo(...middle);
    context.lineWidth = width * points[i][2];
  }
  const [x, y] = at(points.length - 1);
  context.lineTo(x + 0.01, y); // a line of no length would leave no dot
  context.stroke();
}
