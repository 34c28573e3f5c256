// Ten small pads, one for each digit; the poster; and the offer to give them to the training.

const TEN_KEPT = "digits.ten";

function startTenDigits({ element, server }) {
  const find = (selector) => element.querySelector(selector);
  const save = find(".save");
  const startOver = find(".start-over");
  const progress = find(".progress");
  const cells = [..."0123456789"].map((digit) => createCell({ digit, server, onChange }));
  const giving = createGiving({ element: find(".give"), server, cells });

  function show() {
    const count = cells.filter((cell) => cell.isWritten()).length;
    save.disabled = count < cells.length;
    startOver.disabled = count === 0;
    progress.textContent = count < cells.length ? `${count} of ${cells.length} written` : "";
    giving.show();
  }

  function onChange() {
    show();
    keepInTab(TEN_KEPT, JSON.stringify(cells.map((cell) => cell.strokes())));
  }

  find(".cells").append(...cells.map((cell) => cell.element));
  save.addEventListener("click", () => savePoster(cells));
  startOver.addEventListener("click", () => {
    for (const cell of cells) cell.write([]);
  });
  (keptInTab(TEN_KEPT) ?? []).forEach((strokes, index) => {
    cells[index]?.write(strokes);
  });
  show();
}
