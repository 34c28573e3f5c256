// The poster: ten digits in the visitor's own hand, as a PNG file that the browser saves.

const POSTER = { side: 300, gap: 36, margin: 72, title: 108, caption: 84, columns: 5 }; // pixels
const POSTER_TITLE = "My ten digits";

function savePoster(cells) {
  const link = document.createElement("a");
  link.href = paintPoster(cells).toDataURL("image/png");
  link.download = "my-ten-digits.png";
  link.click();
}

function paintPoster(cells) {
  const { side, gap, margin, title, caption, columns } = POSTER;
  const rows = Math.ceil(cells.length / columns);
  const canvas = document.createElement("canvas");
  canvas.width = 2 * margin + columns * side + (columns - 1) * gap;
  canvas.height = 2 * margin + title + rows * (side + caption) + (rows - 1) * gap;
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#f6f2ea";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textAlign = "left";
  writeText(context, POSTER_TITLE, { x: margin, y: margin + 48, size: 60, colour: "#302b25" });
  for (const [index, cell] of cells.entries()) {
    const x = margin + (index % columns) * (side + gap);
    const y = margin + title + Math.floor(index / columns) * (side + caption + gap);
    context.drawImage(cell.painted(side), x, y);
    context.strokeStyle = "#d9d1c1";
    context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    writeCaption(context, cell, x, y + side);
  }
  return canvas;
}

function writeCaption(context, cell, x, y) {
  const reading = cell.reading();
  const colour = "#5f574b";
  writeText(context, cell.digit, { x, y: y + 40, size: 36, colour: "#302b25" });
  if (!reading?.sure) return;
  writeText(context, verdictOf(reading), { x: x + 36, y: y + 40, size: 28, colour });
  const nearest = `nearest ${reading.nearest}, ${reading.nearest_sure}`;
  writeText(context, nearest, { x, y: y + 74, size: 24, colour });
}

function writeText(context, text, { x, y, size, colour }) {
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillStyle = colour;
  context.fillText(text, x, y);
}
