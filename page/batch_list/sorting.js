// The columns' titles sort the list; a second click turns it round.

const COLLATOR = new Intl.Collator("en", { numeric: true }); // 9.png comes before 10.png

function createSorting({ head, onChange }) {
  const buttons = [...head.querySelectorAll("button")];
  let key = null;
  let direction = 1;

  function reset() {
    key = null;
    for (const each of buttons) each.parentElement.removeAttribute("aria-sort");
  }

  function sortBy(button) {
    direction = button.dataset.key === key ? -direction : 1;
    reset();
    key = button.dataset.key;
    button.parentElement.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
    onChange();
  }

  // Where there is no digit, nothing is sure.
  function compare(one, other) {
    if (key === "sure") return (one.sure ?? -1) - (other.sure ?? -1);
    return COLLATOR.compare(one[key], other[key]);
  }

  for (const button of buttons) button.addEventListener("click", () => sortBy(button));
  return {
    reset, // to the order in which the files were sent
    sorted: (rows) =>
      key === null ? rows : rows.toSorted((one, other) => direction * compare(one, other)),
  };
}
