// The pen: its width, and whether it erases.

const WIDTHS = [0.03, 0.045, 0.06, 0.075, 0.1, 0.13]; // fractions of the pad's side
const ERASER = 2; // times the pen's width

function createPen(element) {
  const canvas = element.querySelector("canvas");
  const size = element.querySelector(".size");
  const eraser = element.querySelector(".eraser");

  const erasing = () => eraser.getAttribute("aria-pressed") === "true";

  function nib() {
    const erase = erasing();
    return { width: WIDTHS[size.value] * (erase ? ERASER : 1), erase };
  }

  function show() {
    const side = canvas.clientWidth;
    element.style.setProperty("--pen", `${WIDTHS[size.value] * side}px`);
    element.style.setProperty("--nib", `${nib().width * side}px`);
  }

  function change(step) {
    size.value = Math.max(0, Math.min(WIDTHS.length - 1, Number(size.value) + step));
    show();
  }

  function toggleEraser() {
    eraser.setAttribute("aria-pressed", String(!erasing()));
    show();
  }

  size.addEventListener("input", show);
  eraser.addEventListener("click", toggleEraser);
  return { nib, show, thinner: () => change(-1), thicker: () => change(1), toggleEraser };
}
