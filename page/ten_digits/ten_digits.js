// Ten small pads, one for each digit; the poster; and the offer to give them to the training.

const TEN_KEPT = "digits.ten";

function startTenDigits({ element, server }) {
  const find = (selector) => element.querySelector(selector);
  const save = find(".save");
  const startOver = find(".start-over");
  const progress = find(".progress");
  const cells = [..."0123456789"].map((digit) => createCell({ digit, server, onChange }));
  let cleared = null; // the strokes of all, until something is written
  const giving = createGiving({ element: find(".give"), server, cells });

  const strokesOfAll = () => cells.map((cell) => cell.strokes());

  function show() {
    const count = cells.filter((cell) => cell.isWritten()).length;
    if (count) cleared = null;
    save.disabled = !cells.every((cell) => cell.reading()?.sure);
    startOver.disabled = !(count || cleared);
    startOver.textContent = cleared ? "Bring them back" : "Start over";
    const waiting = save.disabled ? "reading …" : "";
    progress.textContent = count < cells.length ? `${count} of ${cells.length} written` : waiting;
    giving.show();
  }

  function onChange() {
    show();
    keepInTab(TEN_KEPT, JSON.stringify(strokesOfAll()));
  }

  function writeAll(strokes) {
    cells.forEach((cell, index) => {
      cell.write(strokes?.[index] ?? []);
    });
  }

  find(".cells").append(...cells.map((cell) => cell.element));
  save.addEventListener("click", () => savePoster(cells));
  startOver.addEventListener("click", () => {
    const before = cleared ? null : strokesOfAll();
    writeAll(cleared);
    cleared = before;
    show();
  });
  const kept = keptInTab(TEN_KEPT);
  if (kept) writeAll(kept);
  else show();
}
