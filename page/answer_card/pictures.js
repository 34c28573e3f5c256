// The two pictures: the visitor's, with the square that was read, and the network's input.

function createPictures(element) {
  const pictureCanvas = element.querySelector(".picture canvas");
  const caption = element.querySelector(".picture figcaption");
  const inputCanvas = element.querySelector(".model-input canvas");
  const picture = new Image();
  let answer = null;
  let overlay = null; // a canvas to lay over the square; the picture below it is paler

  function paintModelInput() {
    const context = inputCanvas.getContext("2d");
    context.clearRect(0, 0, 28, 28);
    if (!answer?.model_input) return;
    const image = context.createImageData(28, 28);
    // Inverted: ink is 255 for the network, but dark on the page.
    fromBase64(answer.model_input).forEach((ink, i) => {
      image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  function paintPicture() {
    const side = Math.round(pictureCanvas.clientWidth * devicePixelRatio);
    if (!side) return;
    if (pictureCanvas.width !== side) {
      pictureCanvas.width = side;
      pictureCanvas.height = side;
    }
    const context = pictureCanvas.getContext("2d");
    const { naturalWidth: width, naturalHeight: height } = picture;
    if (!answer?.picture || !width) {
      context.clearRect(0, 0, side, side);
      return;
    }
    if (!picture.complete) return;
    const toCanvas = fit(partToShow(answer, width, height), side, answer.number ? 0.09 : 0.02);
    const [left, top, cropWidth, cropHeight] = answer.crop ?? [0, 0, 1, 1];
    const square = toCanvas(left * width, top * height, cropWidth * width, cropHeight * height);
    context.clearRect(0, 0, side, side);
    context.globalAlpha = overlay ? 0.3 : 1;
    context.drawImage(picture, ...toCanvas(0, 0, width, height));
    context.globalAlpha = 1;
    if (!answer.crop) return;
    if (overlay) context.drawImage(overlay, ...square);
    if (answer.number) paintBoxes({ context, answer, toCanvas });
    else outline(context, square);
  }

  function outline(context, square) {
    context.strokeStyle = "#28478a";
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    context.strokeRect(...square);
  }

  function show(newAnswer) {
    answer = newAnswer;
    paintModelInput();
    caption.textContent = answer?.key?.startsWith("picture") ? "Your picture" : "Your ink";
    if (!answer?.picture) picture.removeAttribute("src");
    else if (picture.src !== answer.picture) picture.src = answer.picture;
    paintPicture();
  }

  // onInk: it colours ink and no paper.
  function showOverlay(canvas, { onInk = false } = {}) {
    overlay = canvas;
    paintPicture();
    const detail = canvas && { ...forPad(canvas), onInk };
    document.dispatchEvent(new CustomEvent("digit-overlay", { detail }));
  }

  // For the pad, if it has this drawing, to show the overlay large: its key, the canvas, and where
  // it belongs, as left, top, width and height in pixels of the drawing's picture.
  function forPad(canvas) {
    const { naturalWidth: width, naturalHeight: height } = picture;
    const [left, top, cropWidth, cropHeight] = answer.crop;
    const square = [left * width, top * height, cropWidth * width, cropHeight * height];
    return { key: answer.key, canvas, square };
  }

  picture.addEventListener("load", paintPicture);
  new ResizeObserver(paintPicture).observe(pictureCanvas);
  return { show, showOverlay };
}

// The part of a picture to show, as left, top, right and bottom in its pixels: all of it, and the
// square that was read, which may reach beyond it; of a number's picture, its marks.
function partToShow({ crop, number }, width, height) {
  const squareOf = ([left, top, cropWidth, cropHeight]) => [
    left * width,
    top * height,
    (left + cropWidth) * width,
    (top + cropHeight) * height,
  ];
  const parts = number
    ? number.digits.flatMap(({ box, crop }) => (crop ? [box, squareOf(crop)] : [box]))
    : [[0, 0, width, height], squareOf(crop ?? [0, 0, 1, 1])];
  const all = (edge) => parts.map((part) => part[edge]);
  return [Math.min(...all(0)), Math.min(...all(1)), Math.max(...all(2)), Math.max(...all(3))];
}

// Returns a function that maps a rectangle (x, y, width, height) from pixels of a picture to pixels of
// a square canvas, so that the canvas shows the part (left, top, right, bottom), with a margin in
// fractions of its side.
function fit([left, top, right, bottom], side, margin) {
  const scale = (side * (1 - 2 * margin)) / Math.max(right - left, bottom - top);
  const shiftX = (side - (right + left) * scale) / 2;
  const shiftY = (side - (bottom + top) * scale) / 2;
  return (x, y, w, h) => [shiftX + x * scale, shiftY + y * scale, w * scale, h * scale];
}
