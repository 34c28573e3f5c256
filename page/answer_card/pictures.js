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
    const [left, top, cropWidth, cropHeight] = answer.crop ?? [0, 0, 1, 1];
    const crop = [left * width, top * height, cropWidth * width, cropHeight * height];
    const toCanvas = fitPictureAndCrop([width, height], crop, side);
    context.clearRect(0, 0, side, side);
    context.globalAlpha = overlay ? 0.3 : 1;
    context.drawImage(picture, ...toCanvas(0, 0, width, height));
    context.globalAlpha = 1;
    if (!answer.crop) return;
    const square = toCanvas(...crop);
    if (overlay) context.drawImage(overlay, ...square);
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

  function showOverlay(canvas) {
    overlay = canvas;
    paintPicture();
  }

  picture.addEventListener("load", paintPicture);
  new ResizeObserver(paintPicture).observe(pictureCanvas);
  return { show, showOverlay };
}

// Scales a picture and its crop, which may reach beyond it, so that a square canvas shows both.
// Returns a function that maps a rectangle (x, y, width, height) from pixels of the picture to pixels
// of the canvas.
function fitPictureAndCrop([width, height], [left, top, cropWidth, cropHeight], side) {
  const [startX, startY] = [Math.min(0, left), Math.min(0, top)];
  const [endX, endY] = [Math.max(width, left + cropWidth), Math.max(height, top + cropHeight)];
  const margin = 0.02 * side;
  const scale = (side - 2 * margin) / Math.max(endX - startX, endY - startY);
  const shiftX = (side - (endX + startX) * scale) / 2;
  const shiftY = (side - (endY + startY) * scale) / 2;
  return (x, y, w, h) => [shiftX + x * scale, shiftY + y * scale, w * scale, h * scale];
}
