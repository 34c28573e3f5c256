// Drawing with a mouse, a finger or a stylus, and the circle around the pointer that shows its nib.

function drawWithPointer({ canvas, sheet, nib, strokes, pen }) {
  let pointer = null; // the event that began the last stroke

  const isDrawing = (event) => strokes.penUp() && event.pointerId === pointer.pointerId;

  function place(event) {
    const box = canvas.getBoundingClientRect();
    // A stylus that can't tell reports a pressure of 0.5, which leaves the pen as it is.
    const factor = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, factor];
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (strokes.penUp()) {
      const palm = event.pointerType === "pen" && pointer.pointerType === "touch";
      if (!palm) return; // a second finger
      strokes.withdraw();
    }
    event.preventDefault();
    document.activeElement?.blur(); // or a number field would go on taking the keys
    pointer = event;
    canvas.setPointerCapture(event.pointerId); // the stroke goes on outside the pad
    strokes.begin({ points: [place(event)], ...pen.nib() });
  });

  canvas.addEventListener("pointermove", (event) => {
    const box = sheet.getBoundingClientRect();
    nib.style.translate = `${event.clientX - box.left}px ${event.clientY - box.top}px`;
    if (!isDrawing(event)) return;
    const events = event.getCoalescedEvents?.() ?? []; // all positions since the last frame
    strokes.extend((events.length ? events : [event]).map(place));
  });

  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (isDrawing(event)) strokes.finish();
    });
  }

  canvas.addEventListener("pointerenter", (event) => {
    nib.hidden = event.pointerType === "touch";
  });
  canvas.addEventListener("pointerleave", () => {
    nib.hidden = true;
  });
}
