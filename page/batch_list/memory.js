// Keeps the list for this tab of the browser, which the server's restart doesn't touch.

const MEMORY_KEY = "digits.batch";
const MOST_CHARACTERS = 2_000_000; // of some five million; the pad needs a share

// The rows, and whether they are all that were to be read: without thumbnails, if there is no room for
// them, or only the first ones.
function rememberRows({ rows, isWhole }) {
  if (keepRows(rows, isWhole)) return;
  const bare = rows.map((row) => ({ ...row, thumbnail: null }));
  let count = bare.length;
  const keepFirst = () => keepRows(bare.slice(0, count), isWhole && count === bare.length);
  while (!keepFirst() && count > 0) count = Math.floor(count / 2);
}

// Returns whether there is room for them.
function keepRows(rows, isWhole) {
  const text = JSON.stringify({ rows, isWhole });
  return text.length <= MOST_CHARACTERS && keepInTab(MEMORY_KEY, text);
}

function rememberedRows() {
  const { rows, isWhole } = keptInTab(MEMORY_KEY) ?? {};
  return Array.isArray(rows) ? { rows, isWhole } : { rows: [], isWhole: true };
}
