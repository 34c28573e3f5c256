// What comes onto the pad from elsewhere: the answers to files, to examples, and those of the
// history, each with the picture that it is about. If the pad changes meanwhile, it comes too late.

const FAILED = "The server has no answer at the moment: try again.";

// onExpect is called when something will come; onArrive with {drawing, answer, note} when it is there.
// The drawing is as in strokes.js, or null beside an error.
function createArrivals({ saved, onExpect, onArrive }) {
  let note = ""; // to be said when it is there
  let expected = null; // a File, an uploaded file's path, an example's, or an answer's key

  const isExpected = (what) => expected === what;

  function expect(what, newNote = "") {
    expected = what;
    note = newNote;
    onExpect();
  }

  // To be called when the pad changes.
  function forget() {
    expected = null;
  }

  async function arrive(what, answer) {
    if (!isExpected(what)) return;
    let drawing = null;
    if (answer.picture) {
      drawing = saved.recall(answer);
      drawing ??= { picture: await loadBackdrop(answer.picture), strokes: [] };
      if (!isExpected(what)) return;
    }
    forget();
    onArrive({ drawing, answer, note });
  }

  // It goes on being expected: of two calls with the same name, the other one may succeed.
  function fail(what, error = FAILED) {
    if (isExpected(what))
      onArrive({ drawing: null, answer: { headline: "Not read", error }, note });
  }

  return { expect, isExpected, forget, arrive, fail };
}
