// The rows of the list, in the order in which their files were sent.

const EXPECTED = "expected";

function createRuns() {
  const runs = new Map(); // of rows, by the run that brought them
  const unfinished = new Set(); // runs of which rows are missing
  const cleared = new Set(); // runs of which nothing is to be seen any more

  // Rows that are there already stay the same objects. Returns whether the run is listed.
  function take({ run, rows, total }) {
    unfinished.delete(EXPECTED);
    if (cleared.has(run)) return false;
    if (!runs.has(run)) runs.set(run, []);
    const known = runs.get(run);
    known.push(...rows.slice(known.length));
    if (known.length < total) unfinished.add(run);
    else unfinished.delete(run);
    return true;
  }

  const rows = () => [...runs.values()].flat();
  const isWhole = () => unfinished.size === 0;

  return {
    take,
    rows,
    isWhole,
    clear: () => {
      for (const run of runs.keys()) cleared.add(run);
      runs.clear();
      unfinished.clear();
    },
    // To be called when files were sent: their run is known from its first rows on.
    expect: () => unfinished.add(EXPECTED),
    // As they are remembered.
    kept: () => ({ rows: rows(), isWhole: isWhole() }),
    restore: (kept) => {
      const total = kept.isWhole ? kept.rows.length : Number.POSITIVE_INFINITY;
      take({ run: "restored", rows: kept.rows, total });
    },
  };
}
