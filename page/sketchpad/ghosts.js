// What the answer card shows over its picture of this drawing, large on the pad: the evidence, which
// colours the ink, or the strokes that would make another digit of it, over paler ink.

// Opacity of the ink below.
const TINTED_INK = 0.8;
const PALE_INK = 0.3;

// The card announces it by the event "digit-overlay", see answer_card/pictures.js.
function createGhosts({ paper, canvas, strokes }) {
  const image = paper.appendChild(document.createElement("img"));
  let drawing = null; // the latest that was answered, if it has not changed since

  image.alt = ""; // the card says it in words
  Object.assign(image.style, { position: "absolute", maxWidth: "none", pointerEvents: "none" });
  image.className = "ghosts";

  function clear() {
    drawing = null;
    hide();
  }

  function hide() {
    image.hidden = true;
    canvas.style.opacity = "";
  }

  function onAnswer(newDrawing) {
    drawing = newDrawing;
  }

  function show({ key, canvas: overlay, square, onInk }) {
    if (key !== drawing?.key || strokes.isDrawing()) return;
    const { side, top } = paperOf(strokes.current());
    const { frame } = drawing;
    const [left, high, width, height] = square.map((length) => length / frame.scale);
    const percent = (length) => `${(100 * length) / side}%`;
    image.src = overlay.toDataURL();
    image.style.left = percent(frame.left + left);
    image.style.top = percent(frame.top + high - top);
    image.style.width = percent(width);
    image.style.height = percent(height);
    image.hidden = false;
    image.style.mixBlendMode = onInk ? "lighten" : "normal"; // white paper can't get lighter
    canvas.style.opacity = onInk ? TINTED_INK : PALE_INK;
  }

  hide();
  document.addEventListener("digit-overlay", ({ detail }) => {
    hide();
    if (detail) show(detail);
  });
  return { clear, onAnswer };
}
