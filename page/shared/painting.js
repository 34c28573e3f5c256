// Paper, and strokes of ink on it.

const INK = "#111";
const PAPER = "#fff";

// Covers a canvas with paper, for strokes of ink with round ends.
function layPaper(context) {
  context.fillStyle = PAPER;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.strokeStyle = INK;
  context.lineCap = "round";
  context.lineJoin = "round";
}

// Paints one stroke: {points, width}, with points [x, y, factor], see sketchpad/strokes.js.

// Scale is in pixels for a unit of the stroke's lengths; left and top are where the canvas begins.
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
