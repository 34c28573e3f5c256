// The picture of the digit that the card is about: the visitor's picture, or a cut-out from it.

const CUT_MARGIN = 0.2; // around a digit's box, in its longer side

// Returns a data URL.
async function digitPicture({ picture, number, chosen }) {
  if (!number) return picture;
  const image = new Image();
  image.src = picture;
  await image.decode();
  const boxes = number.digits.map(({ box }) => box);
  const [left, top, right, bottom] = boxes[chosen];
  const margin = CUT_MARGIN * Math.max(right - left, bottom - top);
  const x = Math.max(0, Math.floor(left - margin));
  const y = Math.max(0, Math.floor(top - margin));
  const canvas = document.createElement("canvas");
  canvas.width = Math.ceil(Math.min(image.naturalWidth, right + margin)) - x;
  canvas.height = Math.ceil(Math.min(image.naturalHeight, bottom + margin)) - y;
  const context = canvas.getContext("2d", { alpha: false });
  context.drawImage(image, -x, -y);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  paperOver({ pixels, corner: [x, y], boxes, chosen });
  context.putImageData(pixels, 0, 0);
  return canvas.toDataURL(picture.slice("data:".length, picture.indexOf(";")), 0.95);
}

// Covers what is nearer to another mark than to the chosen digit with the colour of the paper, which
// is the mean of what is in no box.
function paperOver({ pixels: { data, width, height }, corner, boxes, chosen }) {
  const foreign = [];
  const paper = [0, 0, 0, 0]; // sums of red, green, blue and opacity
  for (let i = 0; i < width * height; i++) {
    const point = [corner[0] + (i % width) + 0.5, corner[1] + Math.floor(i / width) + 0.5];
    const distances = boxes.map((box) => distanceFrom(box, point));
    const nearest = Math.min(...distances);
    if (nearest < distances[chosen]) foreign.push(i);
    if (nearest > 1) for (let j = 0; j < 4; j++) paper[j] += data[4 * i + j];
  }
  const count = paper[3] / 255;
  const colour = count ? paper.map((sum) => sum / count) : [255, 255, 255, 255];
  for (const i of foreign) data.set(colour, 4 * i);
}

// From a box's middle, in halves of its sides; the larger one of both directions, so 1 is the edge.
function distanceFrom([left, top, right, bottom], [x, y]) {
  const across = Math.abs(2 * x - left - right) / (right - left);
  const down = Math.abs(2 * y - top - bottom) / (bottom - top);
  return Math.max(across, down);
}
