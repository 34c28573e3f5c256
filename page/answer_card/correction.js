// "That's wrong": sends nothing before the visitor clicks the right answer.

const NOT_A_DIGIT = "not a digit";

function createCorrection({ element, server }) {
  const details = element.querySelector(".wrong");
  const consent = element.querySelector(".consent");
  const which = element.querySelector(".which");
  const receipt = element.querySelector(".receipt");
  const buttons = addButtons(
    element.querySelector(".labels"),
    [..."0123456789", NOT_A_DIGIT],
    correct,
  );
  let answer = null; // the one to correct
  let correctable = false;

  function enableButtons() {
    for (const button of buttons) button.disabled = !(correctable && consent.checked);
  }

  const isSame = (one, other) => one?.key === other?.key && one?.chosen === other?.chosen;

  async function correct(label) {
    correctable = false; // one correction for each answer
    enableButtons();
    receipt.textContent = "Sending …";
    const corrected = answer;
    const request = { label, consent: consent.checked };
    const response = await digitPicture(answer)
      .then((picture) => server.correct({ ...request, picture }))
      .catch(() => ({ error: "No answer from the server." }));
    if (!isSame(corrected, answer)) return; // the card is about something else now
    if (response.error) correctable = true;
    const labelText = label === NOT_A_DIGIT ? label : `a ${label}`;
    receipt.textContent =
      response.error ?? `Thank you. Kept as ${labelText}, number ${response.id.slice(0, 8)}.`;
    enableButtons();
  }

  function show(newAnswer) {
    if (newAnswer?.key !== answer?.key) details.open = false;
    if (!isSame(newAnswer, answer)) receipt.textContent = "";
    which.hidden = !newAnswer?.number;
    which.textContent = `The ${newAnswer?.label} that you have chosen above is really:`;
    answer = newAnswer;
    correctable = Boolean(answer?.picture) && answer.verdict !== "blank";
    details.classList.toggle("disabled", !correctable);
    enableButtons();
  }

  details.querySelector("summary").addEventListener("click", (event) => {
    if (details.classList.contains("disabled")) event.preventDefault();
  });
  consent.addEventListener("change", enableButtons);
  return { show };
}
