// The rows of the list, in the order in which their files were sent.

function createRuns() {
  const runs = new Map(); // of rows, by the run that brought them
  const unfinished = new Set(); // runs of which rows are missing
  const cleared = new Set(); // runs of which nothing is to be seen any more

  // Rows that are there already stay the same objects. Returns whether the run is listed.
  function take({ run, rows, total }) {
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
      for (const run of [...runs.keys(), ...unfinished]) cleared.add(run);
      runs.clear();
      unfinished.clear();
    },
    // To be called when files are to be sent; returns the name of their run.
    expect: () => {
      const run = newId();
      unfinished.add(run);
      return run;
    },
    // No more rows of it will come. Returns whether there are any; else there is nothing to miss.
    stop: (run) => {
      if (!runs.has(run)) unfinished.delete(run);
      return runs.has(run);
    },
    isCleared: (run) => cleared.has(run),
    // As they are remembered.
    kept: () => ({ rows: rows(), isWhole: isWhole() }),
    restore: (kept) => {
      const total = kept.isWhole ? kept.rows.length : Number.POSITIVE_INFINITY;
      take({ run: "restored", rows: kept.rows, total });
    },
  };
}
