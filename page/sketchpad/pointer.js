// Drawing with a mouse, a finger or a stylus. A circle around the pointer shows the pen's width.

// Nor is text that can be selected.
const NOT_PAPER =
  "a, button, input, label, summary, select, textarea, [role=tab], [role=slider], .label, code";

// Whether the event is of a stylus that is held upside down (W3C, Pointer Events).
const isEraserEnd = ({ buttons }) => (buttons & 32) !== 0;

// onStroke is called at the beginning and at the end of each stroke.
function drawWithPointer({ canvas, sheet, cursor, strokes, pen, onStroke }) {
  let startEvent = null; // with which the latest stroke began
  let outside = null; // the latest event of a pointer that was pressed beside the pad

  const isDrawing = (event) => strokes.isDrawing() && event.pointerId === startEvent.pointerId;

  function toPoint(event) {
    const box = sheet.getBoundingClientRect();
    const { side, top } = paperOf(strokes.current());
    // A stylus without a pressure sensor reports 0.5, so the factor is 1.
    const factor = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
    const x = (event.clientX - box.left - sheet.clientLeft) / sheet.clientWidth;
    const y = (event.clientY - box.top - sheet.clientTop) / sheet.clientHeight;
    return shortened([x * side, top + y * side, factor]);
  }

  function begin(event, points) {
    canvas.dataset.pressed = ""; // it needs no ring to be found, in the style sheet
    canvas.focus({ preventScroll: true }); // the keys are for the pad now
    startEvent = event;
    canvas.setPointerCapture(event.pointerId); // the stroke continues outside the pad
    strokes.begin({ points, ...pen.settings(isEraserEnd(event)) });
    onStroke();
  }

  function end() {
    if (!strokes.isDrawing()) return;
    strokes.finish();
    onStroke();
  }

  canvas.addEventListener("pointerdown", (event) => {
    if ((event.button !== 0 && !isEraserEnd(event)) || opensMenu(event)) return;
    if (strokes.isDrawing()) {
      if (!isPalmFirst(startEvent, event)) return; // a second finger
      strokes.cancel();
    }
    event.preventDefault();
    begin(event, [toPoint(event)]);
  });

  canvas.addEventListener("pointermove", (event) => {
    const box = sheet.getBoundingClientRect();
    cursor.style.translate = `${event.clientX - box.left}px ${event.clientY - box.top}px`;
    if (!isDrawing(event)) return;
    if (event.buttons === 0) return end(); // a menu has swallowed the release
    strokes.extend(movesOf(event).map(toPoint));
  });

  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => {
      if (isDrawing(event)) end();
    });
  }

  // A stroke may begin beside the pad: its ink begins where it comes in.
  document.addEventListener("pointerdown", (event) => {
    const isPress = event.button === 0 && event.isPrimary && !canvas.contains(event.target);
    outside = isPress && !event.target.closest?.(NOT_PAPER) ? event : null;
  });
  document.addEventListener("pointermove", (event) => {
    if (event.buttons === 0) outside = null;
    if (outside?.pointerId !== event.pointerId) return;
    // What lies over the pad, such as the camera's picture, is no paper.
    const isInside = document.elementFromPoint(event.clientX, event.clientY) === canvas;
    if (!isInside || strokes.isDrawing()) {
      outside = event;
      return;
    }
    const before = outside;
    outside = null;
    begin(event, [toPoint(before), toPoint(event)]);
  });
  for (const type of ["pointerup", "pointercancel"]) {
    document.addEventListener(type, () => {
      outside = null;
    });
  }

  canvas.addEventListener("blur", () => {
    delete canvas.dataset.pressed;
  });
  canvas.addEventListener("pointerenter", (event) => {
    cursor.hidden = event.pointerType === "touch";
  });
  canvas.addEventListener("pointerleave", () => {
    cursor.hidden = true;
  });
  return { end };
}
