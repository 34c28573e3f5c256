// The rows of the list, in the order in which their files were sent.

function createRuns() {
  const runs = new Map(); // of rows, by the run that brought them
  const unfinished = new Set(); // runs of which rows are missing
  const ended = new Set(); // runs of which nothing more is wanted

  // Rows that are there already stay the same objects. Returns whether they are wanted.
  function take({ run, rows, total }) {
    if (ended.has(run)) return false;
    if (!runs.has(run)) runs.set(run, []);
    const known = runs.get(run);
    known.push(...rows.slice(known.length));
    if (known.length < total) unfinished.add(run);
    else unfinished.delete(run);
    return true;
  }

  // What has come stays.
  function end() {
    for (const run of unfinished) ended.add(run);
    unfinished.clear();
  }

  const rows = () => [...runs.values()].flat();
  const isWhole = () => unfinished.size === 0;

  return {
    take,
    rows,
    isWhole,
    end,
    clear: () => {
      end();
      runs.clear();
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
    isWanted: (run) => !ended.has(run),
    // As they are remembered.
    kept: () => ({ rows: rows(), isWhole: isWhole() }),
    restore: (kept) => {
      const total = kept.isWhole ? kept.rows.length : Number.POSITIVE_INFINITY;
      take({ run: "restored", rows: kept.rows, total });
    },
  };
}
