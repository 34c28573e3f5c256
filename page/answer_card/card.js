// Runs once, when the card appears. Gradio hands over: element, props, trigger, watch, server.

const DIGITS = [..."0123456789"];
const SETTLED = 600; // without another answer until one is spoken and remembered, ms
const IDLE = "Draw a digit, or choose a picture of one.";

const find = (name) => element.querySelector(name);
const idleHeadline = find(".headline").innerHTML;

let current = null; // the answer on show

function button(text, parent) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  return parent.appendChild(made);
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// ---- the verdict

function showVerdict(answer) {
  const headline = find(".headline");
  if (!answer?.headline) {
    headline.innerHTML = answer?.error ? "" : idleHeadline;
  } else {
    // "4 or 9?": the label itself, and what else it could be.
    const [said, ...rest] = answer.headline.split(/(?= or )/);
    const strong = document.createElement("span");
    strong.className = "said";
    strong.textContent = said;
    headline.replaceChildren(strong, ...rest);
    headline.dataset.length = answer.headline.length > 1 ? "long" : "short";
  }
  if (answer?.headline?.length !== 1) headline.dataset.length = "long";
  element.dataset.verdict = answer?.error ? "error" : (answer?.verdict ?? "idle");
  find(".note").textContent = answer ? (answer.error ?? answer.note ?? "") : IDLE;
  find(".time").textContent =
    answer?.milliseconds === undefined ? "" : `read in ${answer.milliseconds} ms`;
}

// ---- the two pictures

const tile = find(".own canvas");
const seen = find(".seen canvas");
const own = new Image(); // the visitor's picture

function showPictures(answer) {
  const context = seen.getContext("2d");
  context.clearRect(0, 0, 28, 28);
  if (answer?.seen) {
    const image = context.createImageData(28, 28);
    // As on paper: dark ink on white, though the network is given the opposite.
    bytes(answer.seen).forEach((ink, i) => {
      image.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }
  find(".own figcaption").textContent = answer?.key?.startsWith("picture") ? "Your picture" : "Your ink";
  if (!answer?.picture) own.removeAttribute("src");
  else if (own.src !== answer.picture) own.src = answer.picture;
  drawTile();
}

// The picture and the square of it that was read, which may reach beyond it; both are to fit.
function drawTile() {
  const side = Math.round(tile.clientWidth * devicePixelRatio);
  if (!side) return;
  if (tile.width !== side) tile.width = tile.height = side;
  const context = tile.getContext("2d");
  const { naturalWidth: width, naturalHeight: height } = own;
  if (!current?.picture || !width) context.clearRect(0, 0, side, side);
  if (!current?.picture || !width || !own.complete) return;
  const [left, top, across, down] = current.window ?? [0, 0, 1, 1];
  const square = { x: left * width, y: top * height, width: across * width, height: down * height };
  const start = { x: Math.min(0, square.x), y: Math.min(0, square.y) };
  const end = {
    x: Math.max(width, square.x + square.width),
    y: Math.max(height, square.y + square.height),
  };
  const margin = 0.02 * side;
  const scale = (side - 2 * margin) / Math.max(end.x - start.x, end.y - start.y);
  const shift = (axis) => (side - (end[axis] + start[axis]) * scale) / 2;
  const place = (x, y, w, h) => [shift("x") + x * scale, shift("y") + y * scale, w * scale, h * scale];
  context.clearRect(0, 0, side, side);
  context.globalAlpha = evidence ? 0.3 : 1;
  context.drawImage(own, ...place(0, 0, width, height));
  context.globalAlpha = 1;
  if (!current.window) return;
  const area = place(square.x, square.y, square.width, square.height);
  if (evidence) drawEvidence(context, area);
  context.strokeStyle = "#28478a";
  context.lineWidth = 1.5 * devicePixelRatio;
  context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
  context.strokeRect(...area);
}

own.addEventListener("load", drawTile);
new ResizeObserver(drawTile).observe(tile);

// ---- an answer comes

let settling = null;

function settle() {
  const spoken = find(".spoken");
  spoken.textContent = current ? (current.error ?? current.note) : "";
  if (!current || current.error) return;
  trigger("settle");
  explainAgain();
}

function show(answer) {
  const another = answer?.key !== current?.key;
  current = answer || null;
  forgetEvidence();
  if (another) closeCorrection();
  showVerdict(current);
  showPictures(current);
  enableReasons(Boolean(current?.seen) && current.verdict !== "blank");
  enableCorrection(Boolean(current?.picture) && current.verdict !== "blank");
  clearTimeout(settling);
  settling = setTimeout(settle, SETTLED);
}

watch("value", () => show(props.value));
