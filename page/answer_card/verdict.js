// The verdict: what was read, in large type, a sentence about it, and the time it took.

const IDLE = "Draw a digit, or choose a picture of one.";

function createVerdict(element) {
  const headline = element.querySelector(".headline");
  const note = element.querySelector(".note");
  const spoken = element.querySelector(".spoken");
  const time = element.querySelector(".time");
  const idleHeadline = headline.innerHTML;

  function showHeadline(answer) {
    if (!answer?.headline) {
      headline.innerHTML = answer?.error ? "" : idleHeadline;
      headline.dataset.length = "long";
      return;
    }
    // "4 or 9?": the label itself, and what else it could be.
    const [said, ...rest] = answer.headline.split(/(?= or )/);
    const strong = document.createElement("span");
    strong.className = "said";
    strong.textContent = said;
    headline.replaceChildren(strong, ...rest);
    headline.dataset.length = answer.headline.length > 1 ? "long" : "short";
  }

  function show(answer) {
    showHeadline(answer);
    element.dataset.verdict = answer?.error ? "error" : (answer?.verdict ?? "idle");
    note.textContent = answer ? (answer.error ?? answer.note ?? "") : IDLE;
    time.textContent =
      answer?.milliseconds === undefined ? "" : `read in ${answer.milliseconds} ms`;
  }

  // For screen readers, which would otherwise hear every answer during the drawing.
  function speak(answer) {
    spoken.textContent = answer ? (answer.error ?? answer.note) : "";
  }

  return { show, speak };
}
