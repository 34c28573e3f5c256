// The boxes of a number's digits, over the ink, while nothing is being drawn.

const NEAR_TOP = 6; // percent of the pad's height: no room for a digit above a box

function createBoxes({ parent, strokes }) {
  let drawing = null; // the latest that was answered, if it has not changed since

  function createBox({ box, label }) {
    const paper = paperOf(strokes.current());
    const { scale, left: frameLeft, top } = drawing.frame;
    const percent = (length) => (100 * length) / paper.side;
    const [left, high, right, low] = box.map((edge) => edge / scale);
    const element = document.createElement("span");
    const y = percent(top + high - paper.top);
    element.style.left = `${percent(frameLeft + left)}%`;
    element.style.top = `${y}%`;
    element.style.width = `${percent(right - left)}%`;
    element.style.height = `${percent(low - high)}%`;
    element.classList.toggle("high", y < NEAR_TOP);
    if (label === null) {
      element.className = "mark";
      return element;
    }
    element.append(document.createElement("b"));
    element.firstChild.textContent = label;
    return element;
  }

  // To be called when the pen is up.
  function show() {
    parent.replaceChildren(...(drawing?.answer.number?.digits ?? []).map(createBox));
  }

  function onAnswer(newDrawing) {
    drawing = newDrawing;
    if (!strokes.isDrawing()) show();
  }

  function clear() {
    drawing = null;
    parent.replaceChildren();
  }

  return { show, onAnswer, clear };
}
