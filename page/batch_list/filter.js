// Chips with totals: all, those that need a look, and one for each answer. A click filters the list.

const ALL = "All";
const LOOK = "Needs a look";
const OTHERS = "Other answers";
const MOST_CHIPS = 16; // of answers; most numbers are there only once

function createFilter({ parent, onChange }) {
  const buttons = new Map(); // chips, by their text
  let chosen = ALL;
  let groups = [];

  function belongs(row, chip) {
    if (chip === ALL) return true;
    if (chip === LOOK) return row.look;
    return chip === OTHERS ? !groups.includes(row.group) : row.group === chip;
  }

  function choose(chip) {
    chosen = chip === chosen ? ALL : chip;
    onChange();
  }

  function buttonOf(chip) {
    const button = buttons.get(chip) ?? createChip(chip, () => choose(chip));
    buttons.set(chip, button);
    return button;
  }

  function show(rows) {
    groups = commonGroups(rows);
    const counts = [ALL, LOOK, ...groups, OTHERS].map((chip) => [
      chip,
      rows.filter((row) => belongs(row, chip)).length,
    ]);
    const shown = counts.filter(([chip, count]) => count > 0 || chip === LOOK);
    if (!shown.some(([chip]) => chip === chosen)) chosen = ALL;
    for (const [chip, count] of shown) {
      const button = buttonOf(chip);
      button.querySelector(".count").textContent = count;
      button.setAttribute("aria-pressed", String(chip === chosen));
    }
    const wanted = shown.map(([chip]) => buttonOf(chip));
    // A button that is moved would lose the focus.
    if (wanted.length !== parent.children.length || wanted.some((b, i) => parent.children[i] !== b))
      parent.replaceChildren(...wanted);
  }

  function reset() {
    chosen = ALL;
  }

  return { show, reset, matches: (row) => belongs(row, chosen) };
}

function createChip(text, onClick) {
  const button = document.createElement("button");
  const name = document.createElement("span");
  const count = document.createElement("span");
  button.type = "button";
  name.className = "name";
  name.textContent = text;
  count.className = "count";
  button.append(name, " ", count);
  button.addEventListener("click", onClick);
  return button;
}

function commonGroups(rows) {
  const counts = new Map();
  for (const { group } of rows) counts.set(group, (counts.get(group) ?? 0) + 1);
  const common = [...counts].sort((one, other) => other[1] - one[1]).slice(0, MOST_CHIPS);
  return common.map(([group]) => group).sort(COLLATOR.compare);
}
