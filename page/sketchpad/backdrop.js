// A picture on the pad, to be drawn upon.

const DARK = 110; // brightness of a picture's paper, 0 to 255, below which ink on it is light
const GRID = 16; // samples along each side, for the colour of the paper

// Takes a data URL; returns {url, image, ink, paper}: the decoded image, and the colours of ink on it
// and of the eraser. Rejects if the browser can't decode it.
async function loadBackdrop(url) {
  const image = new Image();
  image.src = url;
  await image.decode();
  const [red, green, blue] = paperColour(image);
  const isDark = 0.3 * red + 0.59 * green + 0.11 * blue < DARK;
  return { url, image, ink: isDark ? PAPER : INK, paper: `rgb(${red} ${green} ${blue})` };
}

// Clockwise, by 90, 180 or 270 degrees.
function turnedBackdrop({ url, image }, degrees) {
  const { naturalWidth: width, naturalHeight: height } = image;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = degrees === 180 ? [width, height] : [height, width];
  const context = canvas.getContext("2d", { alpha: false });
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((degrees * Math.PI) / 180);
  context.drawImage(image, -width / 2, -height / 2);
  const type = url.slice("data:".length, url.indexOf(";"));
  return loadBackdrop(canvas.toDataURL(type, 0.95));
}

// The median of each channel: there is less ink than paper.
function paperColour(image) {
  const canvas = document.createElement("canvas");
  canvas.width = GRID;
  canvas.height = GRID;
  const context = canvas.getContext("2d", { alpha: false });
  context.drawImage(image, 0, 0, GRID, GRID);
  const { data } = context.getImageData(0, 0, GRID, GRID);
  return [0, 1, 2].map((channel) => {
    const values = data.filter((_, i) => i % 4 === channel).sort();
    return values[values.length / 2];
  });
}

// Where it lies, in sides of the empty pad: as large as fits, in the middle.
function backdropPlace({ image }) {
  const longer = Math.max(image.naturalWidth, image.naturalHeight);
  const width = image.naturalWidth / longer;
  const height = image.naturalHeight / longer;
  return { left: (1 - width) / 2, top: (1 - height) / 2, width, height };
}
