// The answer card: each part shows its share of the answer that is the card's value.

const SETTLED = 600; // without another answer until one is spoken and remembered, ms

function startCard({ element, props, trigger, watch, server }) {
  const verdict = createVerdict(element);
  const pictures = createPictures(element);
  const evidence = createEvidence({ element, server, showOverlay: pictures.showOverlay });
  const correction = createCorrection({ element, server });
  let settling = null;

  function settle(answer) {
    verdict.speak(answer);
    if (!answer || answer.error) return;
    trigger("settle");
    evidence.explainAgain();
  }

  function show(answer) {
    for (const part of [evidence, correction, verdict, pictures]) part.show(answer);
    clearTimeout(settling);
    settling = setTimeout(() => settle(answer), SETTLED);
  }

  watch("value", () => show(props.value));
  show(props.value);
}
