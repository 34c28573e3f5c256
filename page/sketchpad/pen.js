// The pen: its width, and whether it erases.

const PEN_WIDTHS = [0.03, 0.045, 0.06, 0.075, 0.1, 0.13]; // in sides of the empty pad
const ERASER_FACTOR = 2; // the eraser's width, in widths of the pen

function createPen(element, strokes) {
  const canvas = element.querySelector("canvas");
  const slider = element.querySelector(".size"); // its value is an index into PEN_WIDTHS
  const eraser = element.querySelector(".eraser");

  const isErasing = () => eraser.getAttribute("aria-pressed") === "true";

  // For a new stroke; a stylus may have an eraser at its other end.
  function settings(isEraserEnd = false) {
    const erase = isEraserEnd || isErasing();
    return { width: PEN_WIDTHS[slider.value] * (erase ? ERASER_FACTOR : 1), erase };
  }

  // In the tools and around the pointer.
  function showWidth() {
    const side = canvas.clientWidth / paperOf(strokes.current()).side;
    element.style.setProperty("--pen-width", `${PEN_WIDTHS[slider.value] * side}px`);
    element.style.setProperty("--cursor-width", `${settings().width * side}px`);
  }

  function changeWidth(step) {
    const index = Number(slider.value) + step;
    slider.value = Math.max(0, Math.min(PEN_WIDTHS.length - 1, index));
    showWidth();
  }

  function erase(on) {
    eraser.setAttribute("aria-pressed", String(on));
    showWidth();
  }

  const toggleEraser = () => erase(!isErasing());

  slider.max = PEN_WIDTHS.length - 1;
  slider.addEventListener("input", showWidth);
  eraser.addEventListener("click", toggleEraser);
  return {
    settings,
    showWidth,
    thinner: () => changeWidth(-1),
    thicker: () => changeWidth(1),
    toggleEraser,
    stopErasing: () => erase(false),
  };
}
