// The picture of the drawing that is sent to the server.

const PICTURE_SIDE = 280; // of the picture of an empty pad, pixels
const MAX_PICTURE_SIDE = 640; // pixels: the recogniser sees no more
const JPEG_QUALITY = 0.95;

function createPicture() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false }); // three channels to encode and decode

  // A drawing is {picture, strokes}. Returns {url, scale, left, top}: a data URL, and where its pixels
  // are, as for paintDrawing.
  function paint(drawing) {
    const frame = drawing.picture ? backdropFrame(drawing.picture) : paperFrame(drawing.strokes);
    const { scale, left, top } = frame;
    // As it came, if nothing was drawn upon it.
    if (drawing.picture && !drawing.strokes.length) {
      return { url: drawing.picture.url, scale, left, top };
    }
    canvas.width = Math.round(frame.width * scale);
    canvas.height = Math.round(frame.height * scale);
    paintDrawing({ context, drawing, scale, left, top });
    // A photograph's PNG would be large and slow.
    const type = drawing.picture?.url.startsWith("data:image/jpeg") ? "image/jpeg" : "image/png";
    return { url: canvas.toDataURL(type, JPEG_QUALITY), scale, left, top };
  }

  return { paint };
}

function paperFrame(strokes) {
  const { side } = paperOf(strokes);
  const [top, bottom] = rowsToSend(strokes);
  const height = bottom - top;
  const scale = Math.min(PICTURE_SIDE, MAX_PICTURE_SIDE / Math.max(side, height));
  return { scale, left: 0, top, width: side, height };
}

// All of the picture in its own pixels, and nothing of the paper around it.
function backdropFrame(picture) {
  const { naturalWidth, naturalHeight } = picture.image;
  return { scale: Math.max(naturalWidth, naturalHeight), ...backdropPlace(picture) };
}

// The rows of the empty pad, and those of larger paper that have ink.
function rowsToSend(strokes) {
  const { side, top } = paperOf(strokes);
  const rows = strokes.map((stroke) => {
    const [high, low] = extent(stroke, 1);
    return [high - stroke.width, low + stroke.width];
  });
  const highest = Math.min(0, ...rows.map(([high]) => high));
  const lowest = Math.max(1, ...rows.map(([, low]) => low));
  return [Math.max(top, highest), Math.min(top + side, lowest)];
}
