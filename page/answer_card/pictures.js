// The two pictures: the visitor's, with the square of it that was read, and what the network saw.

function createPictures(element) {
  const tile = element.querySelector(".own canvas");
  const caption = element.querySelector(".own figcaption");
  const seen = element.querySelector(".seen canvas");
  const own = new Image(); // the visitor's picture
  let answer = null;
  let overlay = null; // a canvas to be laid over the square, the picture being paler below it

  function showSeen() {
    const context = seen.getContext("2d");
    context.clearRect(0, 0, 28, 28);
    if (!answer?.seen) return;
    const image = context.createImageData(28, 28);
    // As on paper: dark ink on white, though the network is given the opposite.
    fromBase64(answer.seen).forEach((ink, i) => {
      image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }

  function drawTile() {
    const side = Math.round(tile.clientWidth * devicePixelRatio);
    if (!side) return;
    if (tile.width !== side) {
      tile.width = side;
      tile.height = side;
    }
    const context = tile.getContext("2d");
    const { naturalWidth: width, naturalHeight: height } = own;
    if (!answer?.picture || !width) {
      context.clearRect(0, 0, side, side);
      return;
    }
    if (!own.complete) return;
    const [left, top, across, down] = answer.crop ?? [0, 0, 1, 1];
    const square = [left * width, top * height, across * width, down * height];
    const place = fitBoth([width, height], square, side);
    context.clearRect(0, 0, side, side);
    context.globalAlpha = overlay ? 0.3 : 1;
    context.drawImage(own, ...place(0, 0, width, height));
    context.globalAlpha = 1;
    if (!answer.crop) return;
    const area = place(...square);
    if (overlay) context.drawImage(overlay, ...area);
    context.strokeStyle = "#28478a";
    context.lineWidth = 1.5 * devicePixelRatio;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    context.strokeRect(...area);
  }

  function show(next) {
    answer = next;
    showSeen();
    caption.textContent = answer?.key?.startsWith("picture") ? "Your picture" : "Your ink";
    if (!answer?.picture) own.removeAttribute("src");
    else if (own.src !== answer.picture) own.src = answer.picture;
    drawTile();
  }

  function showOverlay(canvas) {
    overlay = canvas;
    drawTile();
  }

  own.addEventListener("load", drawTile);
  new ResizeObserver(drawTile).observe(tile);
  return { show, showOverlay };
}

// How to draw a picture and the square of it that was read, which may reach beyond it, so that a
// tile of the given side shows both: a function from a rectangle of the picture to one of the tile.
function fitBoth([width, height], [left, top, across, down], side) {
  const [startX, startY] = [Math.min(0, left), Math.min(0, top)];
  const [endX, endY] = [Math.max(width, left + across), Math.max(height, top + down)];
  const margin = 0.02 * side;
  const scale = (side - 2 * margin) / Math.max(endX - startX, endY - startY);
  const shiftX = (side - (endX + startX) * scale) / 2;
  const shiftY = (side - (endY + startY) * scale) / 2;
  return (x, y, w, h) => [shiftX + x * scale, shiftY + y * scale, w * scale, h * scale];
}
