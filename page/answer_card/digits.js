// A number's digits: a button for each, which chooses the digit that the rest of the card is about.

// onChoose takes an index into the answer's number.digits.
function createDigits({ element, onChoose }) {
  const row = element.querySelector(".digits");

  function createButton(index) {
    const button = document.createElement("button");
    button.type = "button";
    button.addEventListener("click", () => onChoose(index));
    return button;
  }

  function show(answer) {
    const marks = [...(answer?.number?.digits ?? []).entries()];
    const digits = marks.filter(([, { label }]) => label !== null);
    row.hidden = !digits.length;
    // The same buttons as long as they will do, so that one keeps the focus.
    const indices = digits.map(([index]) => index).join();
    if (row.dataset.indices !== indices) {
      row.dataset.indices = indices;
      row.replaceChildren(...digits.map(([index]) => createButton(index)));
    }
    for (const [place, [index, { label, verdict, headline }]] of digits.entries()) {
      const button = row.children[place];
      button.textContent = label;
      button.title = verdict === "unsure" ? headline : `Look at this ${label}`;
      button.classList.toggle("unsure", verdict === "unsure");
      button.setAttribute("aria-label", `${headline}, digit ${place + 1} of ${digits.length}`);
      button.setAttribute("aria-pressed", String(index === answer.chosen));
    }
  }

  return { show };
}

// The answer, about this one of its number's digits: its crop and confidences in the place of those
// that were there.
function aboutDigit(answer, index) {
  const { label, confidences, model_input, crop } = answer.number.digits[index];
  return { ...answer, label, confidences, model_input, crop, chosen: index };
}
