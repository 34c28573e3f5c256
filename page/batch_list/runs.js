// The rows of the list, in the order in which their files were sent.

function createRuns() {
  const runs = new Map(); // of rows, by the run that brought them

  // Rows that are there already stay the same objects.
  function take({ run, rows }) {
    if (!runs.has(run)) runs.set(run, []);
    const known = runs.get(run);
    known.push(...rows.slice(known.length));
  }

  return {
    take,
    rows: () => [...runs.values()].flat(),
    clear: () => {
      for (const rows of runs.values()) rows.length = 0;
    },
    restore: (rows) => take({ run: "restored", rows }),
  };
}
