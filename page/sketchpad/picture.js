// The picture of the drawing that is sent to the server.

const PICTURE_SIDE = 280; // of the picture of an empty pad, pixels
const MAX_PICTURE_SIDE = 640; // pixels: the recogniser sees no more

function createPicture() {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { alpha: false }); // three channels to encode and decode

  // Returns {url, scale, top}: a data URL, and where its pixels are, as for paintStrokes.
  function paint(strokes) {
    const { side } = paperOf(strokes);
    const [top, bottom] = rowsToSend(strokes);
    const scale = Math.min(PICTURE_SIDE, MAX_PICTURE_SIDE / Math.max(side, bottom - top));
    canvas.width = Math.round(side * scale);
    canvas.height = Math.round((bottom - top) * scale);
    paintStrokes({ context, strokes, scale, top });
    return { url: canvas.toDataURL("image/png"), scale, top };
  }

  return { paint };
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
