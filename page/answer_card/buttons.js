// A row of buttons, one for each text; a click calls choose with the text.

function addButtons(row, texts, choose) {
  return texts.map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => choose(text));
    return row.appendChild(button);
  });
}
