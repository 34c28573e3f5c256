// The boxes of a number's digits on a canvas, each with its digit above it.

const BOX_COLOUR = "#3459a5";
const MARK_COLOUR = "#85807a"; // of what is no digit
const MIN_LABELLED = 7; // pixels, width of a box: digits above narrower ones would overlap

// toCanvas maps a rectangle (x, y, width, height) from the picture to the canvas.
function paintBoxes({ context, answer, toCanvas }) {
  context.font = `700 ${11 * devicePixelRatio}px system-ui, sans-serif`;
  context.lineJoin = "round";
  for (const [index, { box, label }] of answer.number.digits.entries()) {
    const [left, top, right, bottom] = box;
    const [x, y, width, height] = toCanvas(left, top, right - left, bottom - top);
    const isDigit = label !== null;
    const isChosen = index === answer.chosen;
    context.strokeStyle = isDigit ? BOX_COLOUR : MARK_COLOUR;
    context.lineWidth = (isChosen ? 2 : 1) * devicePixelRatio;
    context.setLineDash(isDigit ? [] : [3 * devicePixelRatio, 2 * devicePixelRatio]);
    context.strokeRect(x, y, width, height);
    if (!isDigit || (width < MIN_LABELLED * devicePixelRatio && !isChosen)) continue;
    context.setLineDash([]);
    context.strokeStyle = "#fff"; // around the digit, which may be on a dark picture
    context.fillStyle = BOX_COLOUR;
    context.lineWidth = 3 * devicePixelRatio;
    const place = [label, x, y - 3 * devicePixelRatio];
    context.strokeText(...place);
    context.fillText(...place);
  }
}
