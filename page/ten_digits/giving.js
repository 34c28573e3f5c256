// "Give them to the training": ten corrections at once, after one consent, which can be taken back.

const GIVEN = "digits.given"; // the key in sessionStorage

function createGiving({ element, server, cells }) {
  const find = (selector) => element.querySelector(selector);
  const consent = find(".consent");
  const send = find(".send");
  const withdraw = find(".withdraw");
  const why = find(".why-not");
  const said = find(".said");
  let kept = keptInTab(GIVEN) ?? []; // ids of what was sent from this tab, and not taken back
  let isPartial = false; // whether only some of the latest are kept
  let sent = ""; // what was written when the latest were sent
  let isSending = false;

  const written = () => JSON.stringify(cells.map((cell) => cell.strokes()));

  async function give() {
    said.textContent = "Sending …";
    sent = written();
    // All as they are now: one may write on while they are sent.
    const corrections = cells.map(({ digit, picture }) => ({
      picture: picture(),
      label: digit,
      consent: consent.checked,
    }));
    isSending = true;
    show();
    const results = [];
    let error = null;
    for (const correction of corrections) {
      const response = await answerTo(server.correct(correction));
      error = response.error ?? null;
      if (error) break; // the others would hardly fare better
      results.push(response.id);
    }
    isSending = false;
    sent = written(); // what was written meanwhile doesn't hide what is said of those
    kept = [...new Set([...kept, ...results])]; // the same picture is kept once
    isPartial = error !== null;
    remember();
    said.textContent = error ?? "Thank you. All ten are kept.";
    if (error && results.length)
      said.textContent = `Only ${results.length} of the ten are kept. ${error}`;
    show();
    moveFocus(send, send.hidden ? withdraw : send);
  }

  async function takeBack() {
    withdraw.disabled = true;
    said.textContent = "Deleting …";
    let problem = null; // of one, it says nothing of the others
    for (const id of [...kept]) {
      const { error } = await answerTo(server.withdraw({ id }));
      if (error) problem = error;
      else kept = kept.filter((other) => other !== id);
    }
    remember();
    if (!kept.length) consent.checked = false;
    said.textContent = problem ?? "Deleted.";
    withdraw.disabled = false;
    show();
    moveFocus(withdraw, withdraw.hidden ? consent : withdraw);
  }

  function reasonToWait() {
    if (!cells.every((cell) => cell.isWritten())) return "Write all ten first.";
    return consent.checked ? "" : "Tick the box, if you agree.";
  }

  // To be called when something was written, too.
  function show() {
    if (sent && sent !== written() && !isSending) {
      sent = "";
      consent.checked = false; // it was for those
      said.textContent = kept.length ? "Those that you sent before are kept." : "";
    }
    withdraw.hidden = !kept.length;
    send.hidden = kept.length > 0 && sent !== "" && !isPartial;
    why.textContent = send.hidden ? "" : reasonToWait();
    send.disabled = isSending || why.textContent !== "";
    consent.disabled = isSending;
  }

  function remember() {
    keepInTab(GIVEN, JSON.stringify(kept));
  }

  if (kept.length) said.textContent = "Those that you sent before are kept.";
  consent.addEventListener("change", show);
  send.addEventListener("click", give);
  withdraw.addEventListener("click", takeBack);
  return { show };
}
