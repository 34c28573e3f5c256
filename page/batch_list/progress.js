// How far the sending and the reading are, and what came of it.

function createProgress(element) {
  const busy = element.querySelector(".busy");
  const bar = busy.querySelector("progress");
  const text = busy.querySelector("span");
  const status = element.querySelector(".status");
  const trouble = element.querySelector(".trouble");

  const steps = new Map(); // the latest of each run that is not done

  function show(sentence) {
    const step = [...steps.values()].at(-1);
    busy.hidden = !step;
    if (step) {
      bar.max = step.total;
      bar.value = step.count;
      text.textContent = `${step.word} ${step.count} of ${step.total}`;
    }
    status.textContent = sentence;
  }

  return {
    step(run, word, count, total) {
      steps.delete(run); // so that it becomes the last one
      steps.set(run, { word, count, total });
      show("");
    },
    // Screen readers say the sentences; that of a trouble stays until the next files are sent.
    end(run, sentence) {
      steps.delete(run);
      show(sentence);
    },
    endAll(sentence) {
      steps.clear();
      show(sentence);
    },
    tell(sentence) {
      trouble.textContent = sentence;
    },
  };
}
