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
