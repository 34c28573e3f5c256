// How far the sending and the reading are, and what came of it.

function createProgress(element) {
  const busy = element.querySelector(".busy");
  const bar = busy.querySelector("progress");
  const text = busy.querySelector("span");
  const status = element.querySelector(".status");
  const trouble = element.querySelector(".trouble");

  return {
    step(word, count, total) {
      busy.hidden = false;
      bar.max = total;
      bar.value = count;
      text.textContent = `${word} ${count} of ${total}`;
      status.textContent = "";
    },
    // Screen readers say the sentences; that of a trouble stays until the next files are sent.
    end(sentence) {
      busy.hidden = true;
      status.textContent = sentence;
    },
    tell(sentence) {
      trouble.textContent = sentence;
    },
  };
}
