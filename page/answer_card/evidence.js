// ---- why: which ink speaks for a digit (blue), and which against it (orange)

// Okabe and Ito's blue and vermilion (2008), told apart with any colour vision.
const FOR = [0, 114, 178];
const AGAINST = [213, 94, 0];
const CHOOSE = find(".legend").innerHTML;

const reasons = DIGITS.map((digit) => button(digit, find(".reasons")));
const evidenceSheet = document.createElement("canvas");
evidenceSheet.width = evidenceSheet.height = 28;

let chosen = null; // the digit whose evidence is asked for
let evidence = null; // Int8Array of 28×28, once it is known
let enquiry = 0; // answers to earlier questions are dropped

for (const reason of reasons) {
  reason.setAttribute("aria-pressed", "false");
  reason.title = `What speaks for and against a ${reason.textContent}`;
  reason.addEventListener("click", () => choose(reason.textContent));
}

function enableReasons(enabled) {
  for (const reason of reasons) reason.disabled = !enabled;
}

function choose(digit) {
  chosen = chosen === digit ? null : digit;
  for (const reason of reasons) {
    reason.setAttribute("aria-pressed", String(reason.textContent === chosen));
  }
  if (chosen) explain();
  else forgetEvidence();
}

async function explain() {
  const asked = ++enquiry;
  const question = { picture: current.picture, label: chosen };
  const reply = await server.explain(question).catch(() => ({ error: "No answer from the server." }));
  if (asked !== enquiry) return;
  if (reply.error) {
    find(".legend").textContent = reply.error;
    return;
  }
  evidence = new Int8Array(bytes(reply.evidence).buffer);
  find(".legend").innerHTML =
    `<span class="for">Blue</span> speaks for a ${chosen}, <span class="against">orange</span> against it.`;
  drawTile();
}

function explainAgain() {
  if (chosen && !reasons[0].disabled) explain();
}

function forgetEvidence() {
  enquiry++;
  if (!evidence && find(".legend").innerHTML === CHOOSE) return;
  evidence = null;
  find(".legend").innerHTML = CHOOSE;
  drawTile();
}

function drawEvidence(context, area) {
  const sheet = evidenceSheet.getContext("2d");
  const image = sheet.createImageData(28, 28);
  evidence.forEach((value, i) => {
    // As in digit_model/explanation.py: weaker evidence shows as well, but stays weaker.
    const strength = Math.abs(value / 127) ** 0.7;
    image.data.set([...(value > 0 ? FOR : AGAINST), 255 * strength], 4 * i);
  });
  sheet.putImageData(image, 0, 0);
  context.drawImage(evidenceSheet, ...area);
}

// The bars of the label widget beside the card ask the same question.
document.addEventListener("click", ({ target }) => {
  const bar = target.closest?.("#label .confidence-set");
  if (bar && !reasons[0].disabled) choose(bar.dataset.testid[0]);
});
