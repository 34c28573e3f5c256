// Why: which ink speaks for a digit (blue), and which against it (orange).

// Okabe and Ito's blue and vermilion (2008), told apart with any colour vision.
const FOR = [0, 114, 178];
const AGAINST = [213, 94, 0];

// showOverlay takes a canvas to be laid over what was read, or null.
function createEvidence({ element, server, showOverlay }) {
  const legend = element.querySelector(".legend");
  const invitation = legend.innerHTML;
  const reasons = addButtons(element.querySelector(".reasons"), [..."0123456789"], choose);
  let picture = null;
  let enabled = false;
  let chosen = null; // the digit whose evidence is asked for
  let explained = false;
  let enquiry = 0; // answers to earlier questions are dropped

  for (const reason of reasons) {
    reason.setAttribute("aria-pressed", "false");
    reason.title = `What speaks for and against a ${reason.textContent}`;
  }

  function choose(digit) {
    chosen = chosen === digit ? null : digit;
    for (const reason of reasons) {
      reason.setAttribute("aria-pressed", String(reason.textContent === chosen));
    }
    if (chosen) explain();
    else forget();
  }

  async function explain() {
    const asked = ++enquiry;
    const question = { picture, label: chosen };
    const reply = await server
      .explain(question)
      .catch(() => ({ error: "No answer from the server." }));
    if (asked !== enquiry) return;
    if (reply.error) {
      legend.textContent = reply.error;
      return;
    }
    explained = true;
    legend.innerHTML = `<span class="for">Blue</span> speaks for a ${chosen}, <span class="against">orange</span> against it.`;
    showOverlay(paintEvidence(new Int8Array(fromBase64(reply.evidence).buffer)));
  }

  function explainAgain() {
    if (chosen && enabled) explain();
  }

  function forget() {
    enquiry++;
    if (!explained && legend.innerHTML === invitation) return;
    explained = false;
    legend.innerHTML = invitation;
    showOverlay(null);
  }

  function show(answer) {
    forget();
    picture = answer?.picture;
    enabled = Boolean(answer?.seen) && answer.verdict !== "blank";
    for (const reason of reasons) reason.disabled = !enabled;
  }

  // The bars of the label widget beside the card ask the same question.
  document.addEventListener("click", ({ target }) => {
    const bar = target.closest?.("#label .confidence-set");
    if (bar && enabled) choose(bar.dataset.testid[0]);
  });

  return { show, explainAgain };
}

// 28×28 signed bytes as a canvas, clear where there is no evidence.
function paintEvidence(evidence) {
  const canvas = document.createElement("canvas");
  canvas.width = 28;
  canvas.height = 28;
  const context = canvas.getContext("2d");
  const image = context.createImageData(28, 28);
  evidence.forEach((value, i) => {
    // As in digit_model/explanation.py: weaker evidence shows as well, but stays weaker.
    const strength = Math.abs(value / 127) ** 0.7;
    image.data.set([...(value > 0 ? FOR : AGAINST), 255 * strength], 4 * i);
  });
  context.putImageData(image, 0, 0);
  return canvas;
}
