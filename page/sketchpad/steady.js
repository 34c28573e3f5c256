// Keeps an answer from turning into "not a digit" for as long as the next digit's first stroke is
// being drawn: its beginning looks like nothing yet.

// onAnswer takes the answers that are to be shown.
function createSteadyAnswers({ strokes, onAnswer }) {
  let shown = null;
  let held = null; // until the stroke ends

  function show(drawing) {
    held = null;
    shown = drawing;
    onAnswer(drawing);
  }

  function isBeginning(drawing) {
    const isLater = strokes.isDrawing() && strokes.current().length > 1;
    const wasRead = ["digit", "unsure", "several"].includes(shown?.answer.verdict);
    return isLater && wasRead && drawing.answer.verdict === "not_a_digit";
  }

  function take(drawing) {
    if (isBeginning(drawing)) held = drawing;
    else show(drawing);
  }

  // To be called at the end of a stroke.
  function release() {
    if (held) show(held);
  }

  return { take, release };
}
