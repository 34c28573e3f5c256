// A row of the table. Names and texts are set as text, never as HTML.

const ITEMS = new WeakMap(); // table rows, by what they show

function itemOf(row) {
  if (!ITEMS.has(row)) ITEMS.set(row, createItem(row));
  return ITEMS.get(row);
}

function createItem({ name, answer, certainty, thumbnail, look, problem }) {
  const item = document.createElement("tr");
  item.className = problem ? "problem" : look ? "look" : "";
  const cells = ["picture", "name", "answer", "certainty"].map((kind) => {
    const cell = document.createElement("td");
    cell.className = kind;
    return cell;
  });
  if (thumbnail) {
    const image = document.createElement("img");
    image.src = thumbnail;
    image.alt = "";
    image.loading = "lazy";
    cells[0].append(image);
  }
  cells[1].textContent = name;
  cells[2].textContent = answer;
  cells[3].textContent = certainty || "–";
  item.append(...cells);
  return item;
}
