// Keeps the verdict steady. What is being drawn looks like nothing yet, or like two digits, at times:
// then the digits that were read last stay, or "…", until the stroke ends.

const CONCLUDE_MS = 300; // after pen-up, until "not a digit": the next stroke may follow
const NOTHING_YET = "…";

// onAnswer takes the answers that are to be shown. isCurrent() tells whether the latest one is about
// all that is on the pad.
function createSteadyAnswers({ strokes, isCurrent, onAnswer }) {
  let read = null; // the last answer that was a digit or a number
  let waiting = null; // what was answered since, and isn't shown as a verdict yet
  let timer = null;

  const isRead = (drawing) => ["digit", "several"].includes(drawing?.answer.verdict);

  // To be called when a drawing came with its answer, which is on show; or null, when one will come.
  function start(drawing) {
    clearTimeout(timer);
    waiting = null;
    read = isRead(drawing) ? drawing : null;
  }

  function conclude(drawing) {
    start(drawing);
    onAnswer(drawing);
  }

  function concludeWaiting() {
    if (isCurrent()) conclude(waiting); // otherwise another answer follows
  }

  // All but the verdict.
  function showWaiting() {
    if (read?.answer.number) return; // its digits and boxes stay together
    const headline = read?.answer.headline ?? NOTHING_YET;
    onAnswer({ ...waiting, answer: { ...waiting.answer, headline, note: "", verdict: "pending" } });
  }

  function concludeSoon() {
    clearTimeout(timer);
    if (strokes.isDrawing() || !waiting) return;
    if (waiting.answer.verdict !== "not_a_digit") concludeWaiting();
    else timer = setTimeout(concludeWaiting, CONCLUDE_MS);
  }

  function take(drawing) {
    if (isRead(drawing) || !drawing) {
      conclude(drawing);
      return;
    }
    waiting = drawing;
    showWaiting();
    concludeSoon();
  }

  // concludeSoon is to be called when a stroke begins, and when it ends.
  return { take, start, concludeSoon };
}
