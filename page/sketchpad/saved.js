// Keeps the drawing, with undo and redo, in this tab of the browser: through a reload, "Back", and a
// server that starts again.

const SAVED = "digits-pad"; // the key in sessionStorage
const MOST_SAVED = 2_000_000; // characters of some five million, for all of the page
const FEW_STEPS = 5; // of undo, where there is no room for all
const SAVE_MS = 150; // after a change
const MAX_DRAWINGS = 60; // that were answered, as many as the history has

function createSaved(strokes) {
  let answered = {}; // drawings that were answered, by the key of the answer
  let timer = null;

  function save() {
    clearTimeout(timer);
    timer = null;
    const everything = { ...strokes.everything(), answered };
    // Photographs may leave no room for all of it.
    const less = { ...everything, answered: {} };
    const few = { ...less, undoStack: less.undoStack.slice(-FEW_STEPS), redoStack: [] };
    const least = { ...few, undoStack: [] };
    [everything, less, few, least].some((each) => {
      const text = JSON.stringify(pack(each));
      return (each === least || text.length <= MOST_SAVED) && keepInTab(SAVED, text);
    });
  }

  // Not while a stroke is being drawn, which it would hold up.
  function saveSoon() {
    if (!strokes.isDrawing()) timer ??= setTimeout(save, SAVE_MS);
  }

  // The history has only the picture of an answer.
  function remember(key) {
    delete answered[key]; // so that it becomes the last one
    answered[key] = strokes.drawing();
    const [oldest, ...others] = Object.keys(answered);
    if (others.length >= MAX_DRAWINGS) delete answered[oldest];
    saveSoon();
  }

  // The drawing of an answer. It may have gone on under the same key, even within a stroke: then there
  // is none, but the answer's own picture.
  function recall({ key, picture }) {
    const drawing = answered[key];
    return drawing && createPicture().paint(drawing).url === picture ? drawing : null;
  }

  // Resolves when the drawing that was saved is on the pad; at once if there is none.
  async function restore() {
    try {
      const saved = await unpack(keptInTab(SAVED));
      answered = { ...saved.answered, ...answered }; // the visitor may have been faster
      strokes.restore(saved);
    } catch {
      // Nothing was saved, or by another version of the page.
    } finally {
      addEventListener("pagehide", save); // not before: the pad is empty
    }
  }

  return { saveSoon, remember, recall, restore };
}

// Undo's drawings share most of their strokes: each stroke and each picture is written once, and the
// drawings have their indices.
function pack({ drawing, undoStack, redoStack, answered }) {
  const strokes = [];
  const pictures = [];
  function indexIn(list, item) {
    const index = list.indexOf(item);
    return index < 0 ? list.push(item) - 1 : index;
  }
  const packDrawing = (one) => ({
    picture: one.picture && indexIn(pictures, one.picture.url),
    strokes: one.strokes.map((stroke) => indexIn(strokes, stroke)),
  });
  const drawings = mapDrawings({ drawing, undoStack, redoStack, answered }, packDrawing);
  return { ...drawings, strokes, pictures };
}

async function unpack({ strokes, pictures, ...drawings }) {
  const loaded = await Promise.all(pictures.map(loadBackdrop));
  return mapDrawings(drawings, (one) => ({
    picture: one.picture === null ? null : loaded[one.picture],
    strokes: one.strokes.map((index) => strokes[index]),
  }));
}

function mapDrawings({ drawing, undoStack, redoStack, answered }, convert) {
  const entries = Object.entries(answered).map(([key, one]) => [key, convert(one)]);
  return {
    drawing: convert(drawing),
    undoStack: undoStack.map(convert),
    redoStack: redoStack.map(convert),
    answered: Object.fromEntries(entries),
  };
}
