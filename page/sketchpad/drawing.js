// Paints a drawing, dark ink on white paper or upon a picture, on a canvas of any size.

// drawing is {picture, strokes}. Scale is in pixels for a side of the empty pad; left and top, in such
// sides, are where the canvas begins.
function paintDrawing({ context, drawing, scale, left, top }) {
  const { picture, strokes } = drawing;
  layPaper(context);
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
  for (const stroke of strokes) {
    context.strokeStyle = stroke.erase ? (picture?.paper ?? PAPER) : (picture?.ink ?? INK);
    paintStroke(context, stroke, { scale, left, top });
  }
}
