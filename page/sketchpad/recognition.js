// Asks the server about the drawing: one question at a time; what changes meanwhile is asked about
// next.

const PICTURE = 280; // side of the picture that is sent, pixels
const PAUSE = 30; // between an answer and the next question while the pen is down, ms
const SLOW = 1200; // without an answer until we say so, ms
const PATIENCE = 8000; // for one answer, ms
const RETRY = 2000; // after a question without an answer, ms
const NO_ANSWER = "No answer from the server; trying again.";
const WAITING = "Waiting for the server …";

function createRecognition({ server, strokes, trouble, show }) {
  const paper = document.createElement("canvas");
  paper.width = PICTURE;
  paper.height = PICTURE;
  let asking = false;
  let changed = false;
  let generation = 0; // of the drawing: an answer about a drawing since cleared is dropped
  let retry = null; // the timer for it, while a server that gave no answer is left alone

  const sleep = (time) => new Promise((done) => setTimeout(done, time));

  function picture() {
    paintStrokes(paper.getContext("2d"), strokes.current(), PICTURE);
    return paper.toDataURL("image/png");
  }

  function rest() {
    retry = setTimeout(() => {
      retry = null;
      ask();
    }, RETRY);
  }

  function sayWaiting() {
    trouble.textContent ||= WAITING;
  }

  async function ask() {
    changed = true;
    if (asking || retry) return;
    asking = true;
    while (changed && strokes.current().length) {
      changed = false;
      const asked = generation;
      const drawing = { key: `drawing ${asked}`, picture: picture() };
      const slow = setTimeout(sayWaiting, SLOW);
      const answers = server.recognize(drawing.picture).catch(() => null);
      drawing.answer = await Promise.race([answers, sleep(PATIENCE)]);
      clearTimeout(slow);
      if (asked !== generation) continue;
      const failure = drawing.answer ? drawing.answer.error : NO_ANSWER;
      trouble.textContent = failure ?? "";
      if (failure) {
        rest();
        break;
      }
      show(drawing);
      const penUp = strokes.penUp(); // ends the pause, so that the last point is asked about now
      if (penUp) await Promise.race([sleep(PAUSE), penUp]);
    }
    asking = false;
  }

  // The pad is empty.
  function forget() {
    generation++;
    trouble.textContent = "";
    show(null);
  }

  return { ask, forget };
}
