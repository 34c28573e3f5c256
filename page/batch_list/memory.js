// Keeps the list for this tab of the browser, which the server's restart doesn't touch.

const MEMORY_KEY = "digits.batch";
const MOST_CHARACTERS = 2_000_000; // of some five million; the pad needs a share

// The rows, and whether they are all that were to be read.
function rememberRows({ rows, isWhole }) {
  const kept = [rows, rows.map((row) => ({ ...row, thumbnail: null }))];
  for (const text of kept.map((each) => JSON.stringify({ rows: each, isWhole }))) {
    if (text.length <= MOST_CHARACTERS && keepInTab(MEMORY_KEY, text)) return;
  }
}

function rememberedRows() {
  const { rows, isWhole } = keptInTab(MEMORY_KEY) ?? {};
  return Array.isArray(rows) ? { rows, isWhole } : { rows: [], isWhole: true };
}
