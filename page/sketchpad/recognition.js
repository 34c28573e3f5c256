// Sends the drawing to the server, one request at a time. If the drawing changes meanwhile, another
// request follows the answer.

const PAUSE_MS = 30; // between an answer and the next request while a stroke is being drawn
const SLOW_MS = 1200; // without an answer until the visitor is told
const TIMEOUT_MS = 8000; // for one answer
const RETRY_MS = 2000; // after a failure
const NO_ANSWER = "No answer from the server; trying again.";
const WAITING = "Waiting for the server …";

// onAnswer takes {key, picture, frame, answer}, or null for an empty pad. The frame says where on the
// paper the picture's pixels are.
function createRecognition({ server, strokes, status, onAnswer }) {
  const picture = createPicture();
  let requesting = false;
  let changed = false; // since the last request
  let drawingNumber = 0; // an answer about an earlier drawing is dropped
  let retryTimer = null; // until it fires, no request is sent

  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function retryLater() {
    retryTimer = setTimeout(() => {
      retryTimer = null;
      recognize();
    }, RETRY_MS);
  }

  function showWaiting() {
    status.textContent ||= WAITING;
  }

  // To be called after each change of the drawing.
  async function recognize() {
    changed = true;
    if (requesting || retryTimer) return;
    requesting = true;
    while (changed && strokes.current().length) {
      changed = false;
      const number = drawingNumber;
      const { url, ...frame } = picture.paint(strokes.current());
      const drawing = { key: `drawing ${number}`, picture: url, frame };
      const slowTimer = setTimeout(showWaiting, SLOW_MS);
      // A finished drawing goes before those that are still being drawn, when many are waiting.
      const ask = strokes.isDrawing() ? server.recognize : server.recognize_finished;
      const request = ask(drawing.picture).catch(() => null);
      drawing.answer = await Promise.race([request, sleep(TIMEOUT_MS)]);
      clearTimeout(slowTimer);
      if (number !== drawingNumber) continue;
      const error = drawing.answer ? drawing.answer.error : NO_ANSWER;
      status.textContent = error ?? "";
      if (error) {
        retryLater();
        break;
      }
      onAnswer(drawing);
      const strokeEnd = strokes.strokeEnd(); // ends the pause, so the finished stroke is sent at once
      if (strokeEnd) await Promise.race([sleep(PAUSE_MS), strokeEnd]);
    }
    requesting = false;
  }

  // To be called when the pad is empty.
  function reset() {
    drawingNumber++;
    status.textContent = "";
    onAnswer(null);
  }

  return { recognize, reset };
}
