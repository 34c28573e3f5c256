// Adds a button for each text to an element; a click calls onClick with the text.

function addButtons(parent, texts, onClick) {
  return texts.map((text) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", () => onClick(text));
    return parent.appendChild(button);
  });
}
