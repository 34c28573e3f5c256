// "That's wrong": the right answer, then consent, then "Send". Nothing is sent before, and consent is
// for one picture.

const NOT_A_DIGIT = "not a digit";
const RECEIPTS = "digits.receipts"; // the key in sessionStorage

function createCorrection({ element, server }) {
  const find = (selector) => element.querySelector(selector);
  const details = find(".wrong");
  const summary = details.querySelector("summary");
  const form = find(".correction");
  const whole = find(".whole");
  const isOne = whole.querySelector("input");
  const consent = find(".consent");
  const send = find(".send");
  const why = find(".why-not");
  const receipt = find(".receipt");
  const said = receipt.querySelector(".said");
  const id = receipt.querySelector("code");
  const undo = receipt.querySelector(".withdraw");
  const choices = createChoices(find(".labels"), update);
  let answer = null; // the one to correct
  // Of all that was sent from this tab, and not taken back: {about, label, id}.
  const receipts = keptInTab(RECEIPTS) ?? [];
  let isSending = false;
  let kept = null; // the receipt of what was sent about this answer

  const isCorrectable = () => Boolean(answer?.picture) && answer.verdict !== "blank";

  function reasonToWait() {
    if (!choices.chosen()) return "Choose what it really is.";
    if (!consent.checked) return "Tick the box, if you agree.";
    return "";
  }

  function update() {
    form.hidden = kept !== null;
    why.textContent = reasonToWait();
    send.disabled = isSending || why.textContent !== "";
    undo.disabled = isSending;
    isOne.disabled = isSending; // the answer to it is about what was sent
    receipt.querySelector(".kept").hidden = kept === null;
  }

  // The answer; of a number all of it, if it is one digit.
  function subject() {
    return isOne.checked ? { ...answer, chosen: ALL_OF_IT } : answer;
  }

  function showQuestion() {
    const digit = answer?.number && !isOne.checked;
    find(".which").textContent = digit
      ? `The ${answer.label} that you have chosen above is really:`
      : "It really is:";
  }

  function startOver() {
    isOne.checked = false;
    choices.choose(null);
    consent.checked = false;
    showReceipt();
  }

  function showReceipt() {
    const subjects = [answer, answer?.number && { ...answer, chosen: ALL_OF_IT }];
    const names = subjects.filter((each) => each?.picture).map(nameOf);
    kept = receipts.find(({ about }) => names.includes(about)) ?? null;
    said.textContent = kept ? thanksFor(kept.label) : "";
    id.textContent = kept?.id ?? "";
    update();
  }

  function remember() {
    keepInTab(RECEIPTS, JSON.stringify(receipts));
  }

  async function ask(request) {
    isSending = true;
    update();
    const response = await answerTo(request);
    isSending = false;
    update();
    return response;
  }

  // When the answer comes, the card may be about something else: the receipt waits for its picture.
  async function correct() {
    const [about, label] = [subject(), choices.chosen()];
    said.textContent = "Sending …";
    const response = await ask(
      server.correct({ label, consent: consent.checked, ...asked(about) }),
    );
    if (response.id) receipts.push({ about: nameOf(about), label, id: response.id });
    remember();
    if (!isSame(about, subject())) return;
    showReceipt();
    if (response.error) said.textContent = response.error;
    moveFocus(send, kept ? undo : send);
  }

  async function withdraw() {
    const [about, receipt] = [answer, kept];
    said.textContent = "Deleting …";
    const response = await ask(server.withdraw({ id: receipt.id }));
    if (!response.error) receipts.splice(receipts.indexOf(receipt), 1);
    remember();
    if (!isSame(about, answer)) return;
    if (!response.error) startOver();
    said.textContent = response.error ?? "Deleted.";
    moveFocus(undo, response.error ? undo : choices.first());
  }

  function close() {
    details.open = false;
    summary.focus();
  }

  function show(newAnswer) {
    const goesOn = newAnswer?.key === answer?.key;
    const isNew = !isSame(newAnswer, answer);
    answer = newAnswer;
    if (!goesOn || !isCorrectable()) details.open = false; // all may be rubbed out
    if (isNew) startOver();
    whole.hidden = !answer?.number;
    showQuestion();
    details.classList.toggle("disabled", !isCorrectable());
    summary.ariaDisabled = String(!isCorrectable());
  }

  summary.addEventListener("click", (event) => {
    if (!isCorrectable()) event.preventDefault();
  });
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    event.preventDefault(); // the pad's keys are not meant
    close();
  });
  isOne.addEventListener("change", showQuestion);
  consent.addEventListener("change", update);
  send.addEventListener("click", correct);
  undo.addEventListener("click", withdraw);
  receipt.querySelector(".copy-id").addEventListener("click", async ({ target }) => {
    sayForAMoment(target, await copyText(id.textContent));
  });
  update();
  return { show };
}

function thanksFor(label) {
  return `Thank you. Kept as ${label === NOT_A_DIGIT ? label : withArticle(label)}.`;
}

// Whether two answers are about the same digit of the same picture.
function isSame(one, other) {
  return (
    one?.key === other?.key && one?.picture === other?.picture && one?.chosen === other?.chosen
  );
}

// Short, and the same after a reload, when a drawing has another key.
function nameOf({ picture, chosen }) {
  let hash = 0;
  for (let i = 0; i < picture.length; i++) hash = (Math.imul(hash, 31) + picture.charCodeAt(i)) | 0;
  return `${picture.length} ${hash} ${chosen}`;
}

// A button for each right answer, of which one can be chosen.
function createChoices(parent, onChange) {
  let chosen = null;
  const buttons = addButtons(parent, [..."0123456789", NOT_A_DIGIT], (label) => {
    choose(label);
    onChange();
  });

  function choose(label) {
    chosen = label;
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(button.textContent === chosen));
    }
  }

  choose(null);
  return { choose, chosen: () => chosen, first: () => buttons[0] };
}
