// "Why?": shows which ink speaks for a digit (blue) and which speaks against it (orange), or which ink
// to add (blue) and to rub out (orange) to make it that digit.

// Colours by Okabe and Ito (2008), which are distinct with any colour vision: blue and vermilion.
const FOR = [0, 114, 178];
const AGAINST = [213, 94, 0];

// showOverlay takes a canvas to lay over the square that was read, or null; see pictures.js.
function createEvidence({ element, server, showOverlay }) {
  const legend = element.querySelector(".legend");
  const idleLegend = legend.innerHTML;
  const buttons = addButtons(element.querySelector(".reasons"), [..."0123456789"], choose);
  const changeButton = element.querySelector(".change");
  let answer = null;
  let enabled = false;
  let chosenDigit = null;
  let changing = false; // whether what would make it the chosen digit is asked, or the evidence
  let explained = false;
  let requestNumber = 0; // the response to an earlier request is dropped

  for (const button of buttons) {
    button.setAttribute("aria-pressed", "false");
    button.title = `What speaks for and against ${withArticle(button.textContent)}`;
  }
  changeButton.addEventListener("click", () => {
    changing = !changing;
    explain();
  });

  function mark(digit) {
    chosenDigit = digit;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.textContent === digit));
    }
  }

  function choose(digit) {
    mark(chosenDigit === digit ? null : digit);
    changing = false;
    if (chosenDigit) explain();
    else clear();
  }

  function showChangeButton() {
    const digit = answer?.number?.digits[answer.chosen] ?? answer;
    const isRead = digit?.verdict !== "unsure" && digit?.label === chosenDigit;
    const canChange = enabled && chosenDigit !== null && !isRead;
    const wanted = canChange ? withArticle(chosenDigit) : "another digit";
    changeButton.textContent = `What would make it ${wanted}?`;
    changeButton.disabled = !canChange;
    changeButton.setAttribute("aria-pressed", String(changing));
  }

  async function explain() {
    showChangeButton();
    const number = ++requestNumber;
    const ask = changing ? server.change : server.explain;
    const response = await answerTo(ask({ ...asked(answer), label: chosenDigit }));
    if (number !== requestNumber) return;
    if (response.error) {
      showOverlay(null); // it was about another digit
      legend.textContent = response.error;
      return;
    }
    explained = true;
    if (changing) {
      legend.innerHTML = changeInWords(response.change, chosenDigit);
      const colours = { addedColour: FOR, erasedColour: AGAINST };
      showOverlay(response.change && paintChange(response.change, colours));
    } else {
      legend.innerHTML = `<span class="for">Blue</span> speaks for ${withArticle(chosenDigit)}, <span class="against">orange</span> against it.`;
      const evidence = new Int8Array(fromBase64(response.evidence).buffer);
      showOverlay(paintEvidence(evidence), { onInk: true });
    }
  }

  function explainAgain() {
    if (chosenDigit && enabled) explain();
  }

  function clear() {
    requestNumber++;
    changing = false;
    showChangeButton();
    if (!explained && legend.innerHTML === idleLegend) return;
    explained = false;
    legend.innerHTML = idleLegend;
    showOverlay(null);
  }

  function show(newAnswer) {
    // Where there are no buttons that show what is chosen, it is for one drawing.
    if (newAnswer?.key !== answer?.key && !buttons[0].offsetParent) mark(null);
    answer = newAnswer;
    enabled = Boolean(answer?.model_input) && answer.verdict !== "blank";
    for (const button of buttons) button.disabled = !enabled;
    clear();
  }

  // A click on a bar of the label widget does the same as a click on its digit's button.
  document.addEventListener("click", ({ target }) => {
    const bar = target.closest?.("#label .confidence-set");
    if (bar && enabled) choose(bar.dataset.testid[0]);
  });

  return { show, explainAgain };
}

// 28×28 signed bytes, from -127 (against) to 127 (for), as a canvas; transparent where they are 0.
function paintEvidence(evidence) {
  const canvas = document.createElement("canvas");
  canvas.width = 28;
  canvas.height = 28;
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  evidence.forEach((value, i) => {
    // As in digit_model/explanation.py: the exponent makes weak evidence visible.
    const opacity = Math.abs(value / 127) ** 0.7;
    image.data.set([...(value > 0 ? FOR : AGAINST), 255 * opacity], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}
