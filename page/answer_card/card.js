// The answer card: each part shows its share of the answer, which is the card's value.

const SETTLE_MS = 600; // how long an answer has to stay before it is spoken and triggers "settle"

function startCard({ element, props, trigger, watch, server }) {
  const verdict = createVerdict({ element, onTurn: () => trigger("turn") });
  const digits = createDigits({ element, onChoose: choose });
  const copy = createCopy(element);
  const pictures = createPictures(element);
  const evidence = createEvidence({ element, server, showOverlay: pictures.showOverlay });
  const correction = createCorrection({ element, server });
  const parts = [evidence, correction, verdict, digits, copy, pictures];
  let settleTimer = null;

  function settle(answer) {
    verdict.speak(answer);
    if (!answer || answer.error) return;
    trigger("settle");
    evidence.explainAgain();
  }

  function choose(index) {
    props.value = aboutDigit(props.value, index);
    show(props.value); // what a component changes itself, it is not told of
    trigger("choose");
  }

  function show(answer) {
    for (const part of parts) part.show(answer);
    clearTimeout(settleTimer);
    if (answer?.verdict !== "pending") settleTimer = setTimeout(() => settle(answer), SETTLE_MS);
  }

  correctPercentages();
  watch("value", () => show(props.value));
  show(props.value);
}
