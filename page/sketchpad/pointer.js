// Drawing with a mouse, a finger or a stylus. A circle around the pointer shows the pen's width.

function drawWithPointer({ canvas, sheet, cursor, strokes, pen, onStrokeEnd }) {
  let startEvent = null; // the pointerdown event of the latest stroke

  const isDrawing = (event) => strokes.isDrawing() && event.pointerId === startEvent.pointerId;

  function toPoint(event) {
    const box = sheet.getBoundingClientRect();
    const { side, top } = paperOf(strokes.current());
    // A stylus without a pressure sensor reports 0.5, so the factor is 1.
    const factor = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
    const x = (event.clientX - box.left - sheet.clientLeft) / sheet.clientWidth;
    const y = (event.clientY - box.top - sheet.clientTop) / sheet.clientHeight;
    return [x * side, top + y * side, factor];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (strokes.isDrawing()) {
      const palmFirst = event.pointerType === "pen" && startEvent.pointerType === "touch";
      if (!palmFirst) return; // a second finger
      strokes.cancel();
    }
    event.preventDefault();
    document.activeElement?.blur(); // otherwise a number field would still get the keys
    startEvent = event;
    canvas.setPointerCapture(event.pointerId); // the stroke continues outside the pad
    strokes.begin({ points: [toPoint(event)], ...pen.settings() });
  });

  canvas.addEventListener("pointermove", (event) => {
    const box = sheet.getBoundingClientRect();
    cursor.style.translate = `${event.clientX - box.left}px ${event.clientY - box.top}px`;
    if (!isDrawing(event)) return;
    const events = event.getCoalescedEvents?.() ?? []; // all positions since the last frame
    strokes.extend((events.length ? events : [event]).map(toPoint));
  });

  for (const type of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(type, (event) => {
      if (!isDrawing(event)) return;
      strokes.finish();
      onStrokeEnd();
    });
  }

  canvas.addEventListener("pointerenter", (event) => {
    cursor.hidden = event.pointerType === "touch";
  });
  canvas.addEventListener("pointerleave", () => {
    cursor.hidden = true;
  });
}
