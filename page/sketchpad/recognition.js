// Sends the drawing to the server, one request at a time. If the drawing changes meanwhile, another
// request follows the answer.

const PAUSE_MS = 30; // between an answer and the next request while a stroke is being drawn
const RETRY_MS = 2000; // after a failure

// onAnswer takes {key, picture, frame, answer}, or null for an empty pad. The frame says where on the
// paper the picture's pixels are.
function createRecognition({ server, strokes, status, waiting, onAnswer }) {
  const picture = createPicture();
  let requesting = false;
  let id = newId(); // of the drawing
  let isAnswered = false; // before it came onto the pad
  let version = 0; // of what is on the pad: each change makes another
  let answered = 0; // the version up to which no answer is awaited any more
  let retryTimer = null; // until it fires, no request is sent
  let isUnread = false; // the latest request had no answer
  let isQuiet = false; // the failure of something else is on show

  const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

  function retryLater() {
    retryTimer = setTimeout(() => {
      retryTimer = null;
      request();
    }, RETRY_MS);
  }

  function paint() {
    const { url, ...frame } = picture.paint(strokes.drawing());
    return { key: `${strokes.picture() ? "picture" : "drawing"} ${id}`, picture: url, frame };
  }

  function ask({ picture: url }) {
    // A finished drawing goes before those that are still being drawn, when many are waiting.
    const isFinished = !strokes.isDrawing();
    const read = strokes.picture() ? server.read_picture : server.recognize_finished;
    return answerToPad((isFinished ? read : server.recognize)(url));
  }

  // To be called after each change of the drawing.
  function recognize() {
    isQuiet = false;
    return request();
  }

  async function request() {
    version += 1;
    if (isAnswered) id = newId(); // what was answered stays as it is
    isAnswered = false;
    if (requesting || retryTimer) return;
    requesting = true;
    while (answered < version && !strokes.isEmpty()) {
      const asked = version;
      const drawing = paint();
      if (!isQuiet) waiting.begin();
      drawing.answer = await ask(drawing);
      if (asked <= answered) continue; // dropped meanwhile
      const { error } = drawing.answer;
      isUnread = Boolean(error);
      if (error) {
        // It is read out each time.
        if (!isQuiet && status.textContent !== error) status.textContent = error;
        retryLater();
        break;
      }
      waiting.end();
      answered = asked;
      onAnswer(drawing);
      const strokeEnd = strokes.strokeEnd(); // ends the pause, so the finished stroke is sent at once
      if (strokeEnd) await Promise.race([sleep(PAUSE_MS), strokeEnd]);
    }
    requesting = false;
  }

  // From now on, an answer about what is on the pad is no longer awaited.
  function drop() {
    clearTimeout(retryTimer);
    retryTimer = null;
    id = newId();
    answered = version;
  }

  // To be called when what was expected in the place of the drawing didn't come: if the drawing has no
  // answer either, it is asked for again, without a word until it is there.
  function resume() {
    if (!isUnread || strokes.isEmpty()) return;
    isQuiet = true;
    retryLater();
  }

  // To be called when the pad is empty.
  function reset() {
    drop();
    isAnswered = false;
    isUnread = false;
    waiting.end();
    onAnswer(null);
  }

  // To be called when a drawing came onto the pad together with its answer.
  function takeAnswered() {
    drop();
    isAnswered = true;
    isUnread = false;
    waiting.end();
    return paint();
  }

  // Whether the latest answer is about all that is on the pad.
  const isCurrent = () => answered === version;

  return { recognize, drop, resume, reset, takeAnswered, isCurrent };
}
