// The verdict: the headline in large type, a sentence below it, and how long recognition took.

const IDLE_NOTE = "Write a number, or choose a picture.";
const UNREADABLE = "Can’t be read"; // as in page/wording.py
const MAX_COLUMNS = 14; // of a number, then it goes on in another line

// onTurn is called when the picture is to be turned.
function createVerdict({ element, onTurn }) {
  const headline = element.querySelector(".headline");
  const note = element.querySelector(".note");
  const spoken = element.querySelector(".spoken");
  const time = element.querySelector(".time");
  const turn = element.querySelector(".turn");
  const idleHeadline = headline.innerHTML;

  function showHeadline(answer) {
    if (answer?.error || !answer?.headline) {
      if (answer?.error) headline.textContent = answer.headline ?? UNREADABLE;
      else headline.innerHTML = idleHeadline;
      headline.dataset.length = "long";
      return;
    }
    // In "4 or 9?", the label is "4".
    const [label, ...rest] = answer.headline.split(/(?= or )/);
    const lines = label.split("\n");
    const span = document.createElement("span");
    span.className = "label";
    span.textContent = label;
    headline.replaceChildren(span, ...rest);
    headline.dataset.length = answer.headline.length > 1 ? "long" : "short";
    // By which a number is made to fit.
    const columns = Math.max(...lines.map((line) => line.length));
    const rows = lines.map((line) => Math.ceil(line.length / MAX_COLUMNS));
    element.style.setProperty("--columns", Math.min(columns, MAX_COLUMNS));
    element.style.setProperty(
      "--lines",
      rows.reduce((sum, count) => sum + count),
    );
  }

  function show(answer) {
    showHeadline(answer);
    element.dataset.verdict = answer?.error ? "error" : (answer?.verdict ?? "idle");
    note.textContent = answer ? (answer.error ?? answer.note ?? "") : IDLE_NOTE;
    const isLeft = document.activeElement === turn; // by its own answer
    turn.hidden = !answer?.turn;
    if (isLeft && turn.hidden) headline.focus({ preventScroll: true });
    time.textContent =
      answer?.milliseconds === undefined ? "" : `read in ${answer.milliseconds} ms`;
  }

  // For screen readers. They read out each change, so this waits until the answer has settled.
  function speak(answer) {
    const text = answer?.number ? `${answer.number.text}. ${answer.sentence}` : answer?.sentence;
    const sentence = answer?.error ?? text ?? "";
    if (spoken.textContent !== sentence) spoken.textContent = sentence;
  }

  turn.addEventListener("click", onTurn);
  return { show, speak };
}
