// ---- "That's wrong": nothing leaves the browser before the right answer is clicked

const NOT_A_DIGIT = "not a digit";
const fold = find(".wrong");
const consent = find(".consent");
const receipt = find(".receipt");
const labels = [...DIGITS, NOT_A_DIGIT].map((label) => button(label, find(".labels")));

let correctable = false;

function enableLabels() {
  for (const label of labels) label.disabled = !(correctable && consent.checked);
}

function enableCorrection(enabled) {
  correctable = enabled;
  fold.classList.toggle("off", !enabled);
  enableLabels();
}

function closeCorrection() {
  fold.open = false;
  receipt.textContent = "";
}

async function correct(label) {
  correctable = false; // once is enough
  enableLabels();
  receipt.textContent = "Sending …";
  const about = current?.key;
  const question = { picture: current.picture, label, consent: consent.checked };
  const reply = await server.correct(question).catch(() => ({ error: "No answer from the server." }));
  if (about !== current?.key) return;
  if (reply.error) correctable = true;
  receipt.textContent =
    reply.error ?? `Thank you. Kept as ${label === NOT_A_DIGIT ? label : `a ${label}`}, number ${reply.id.slice(0, 8)}.`;
  enableLabels();
}

fold.querySelector("summary").addEventListener("click", (event) => {
  if (fold.classList.contains("off")) event.preventDefault();
});
consent.addEventListener("change", enableLabels);
for (const label of labels) label.addEventListener("click", () => correct(label.textContent));

show(props.value || null);
