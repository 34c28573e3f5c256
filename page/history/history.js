// This visit's answers: a row of pictures with their headlines, the latest first.

const MAX_ENTRIES = 60; // then the oldest is dropped
const SAVED = "digits-history"; // the key in sessionStorage
const MAX_SAVED = 1_000_000; // characters: browsers keep some five million for all of the page

function startHistory({ element, props, trigger, watch }) {
  const list = element.querySelector("ol");
  const count = element.querySelector(".count");
  const entries = []; // of {answer, item}, the latest first

  function add(answer) {
    if (!answer?.headline) return;
    // Of a drawing there is one entry, also after a reload.
    const isSame = (entry) =>
      entry.answer.key === answer.key || entry.answer.picture === answer.picture;
    const index = entries.findIndex(isSame);
    if (index >= 0) entries.splice(index, 1)[0].item.remove();
    const item = createItem(answer, () => {
      props.value = answer;
      trigger("select");
    });
    entries.unshift({ answer, item });
    list.prepend(item);
    if (entries.length > MAX_ENTRIES) entries.pop().item.remove();
    count.textContent = `(${entries.length})`;
  }

  function has({ key }) {
    return entries.some((entry) => entry.answer.key === key);
  }

  watch("value", () => {
    const { left } = props.value ?? {};
    if (!left) add(props.value);
    else if (!has(left)) add(left);
    save(entries.map(({ answer }) => answer));
  });
  for (const answer of (keptInTab(SAVED) ?? []).reverse()) add(answer);
}

// The latest ones, as many as there is room for.
function save(answers) {
  const texts = [];
  let size = 0;
  for (const answer of answers) {
    const text = JSON.stringify(answer);
    size += text.length;
    if (size > MAX_SAVED) break;
    texts.push(text);
  }
  keepInTab(SAVED, `[${texts}]`);
}

function createItem(answer, onSelect) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  const image = document.createElement("img");
  const text = document.createElement("span");
  button.type = "button";
  button.title = "Show this answer again";
  image.src = answer.picture;
  image.alt = "";
  text.textContent = answer.headline;
  button.append(image, text);
  button.addEventListener("click", onSelect);
  item.append(button);
  return item;
}
