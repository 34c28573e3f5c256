// "That's wrong": nothing leaves the browser before the right answer is clicked.

const NOT_A_DIGIT = "not a digit";

function createCorrection({ element, server }) {
  const fold = element.querySelector(".wrong");
  const consent = element.querySelector(".consent");
  const receipt = element.querySelector(".receipt");
  const labels = addButtons(
    element.querySelector(".labels"),
    [..."0123456789", NOT_A_DIGIT],
    correct,
  );
  let answer = null; // the one to be corrected
  let correctable = false;

  function enableLabels() {
    for (const label of labels) label.disabled = !(correctable && consent.checked);
  }

  async function correct(label) {
    correctable = false; // once is enough
    enableLabels();
    receipt.textContent = "Sending …";
    const about = answer?.key;
    const question = { picture: answer.picture, label, consent: consent.checked };
    const reply = await server
      .correct(question)
      .catch(() => ({ error: "No answer from the server." }));
    if (about !== answer?.key) return;
    if (reply.error) correctable = true;
    const kept = label === NOT_A_DIGIT ? label : `a ${label}`;
    receipt.textContent =
      reply.error ?? `Thank you. Kept as ${kept}, number ${reply.id.slice(0, 8)}.`;
    enableLabels();
  }

  function close() {
    fold.open = false;
    receipt.textContent = "";
  }

  function show(next) {
    if (next?.key !== answer?.key) close();
    answer = next;
    correctable = Boolean(answer?.picture) && answer.verdict !== "blank";
    fold.classList.toggle("off", !correctable);
    enableLabels();
  }

  fold.querySelector("summary").addEventListener("click", (event) => {
    if (fold.classList.contains("off")) event.preventDefault();
  });
  consent.addEventListener("change", enableLabels);
  return { show };
}
