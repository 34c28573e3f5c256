// Tells that the answer on show is not about what is on the pad yet: it is paler, and says so.

const STALE_MS = 250; // without an answer, until it is paler
const SLOW_MS = 1200; // until the pad's status tells of the server
const WAITING = "Waiting for the server …";
const UNTOLD_MS = 1000; // until a failure that the card doesn't tell of is told here

function createWaiting(status) {
  const columns = () => status.closest("#draw-columns"); // around the answer, too
  let timers = [];
  let untold = null;

  function clearTimers() {
    clearTimeout(untold);
    timers.forEach(clearTimeout);
    timers = [];
  }

  // Again while it is waiting: it goes on waiting.
  function begin() {
    if (timers.length) return;
    clearTimeout(untold);
    const showStale = () => {
      columns().dataset.reading = ""; // for the style sheets
    };
    const showSlow = () => {
      status.textContent ||= WAITING;
    };
    timers = [setTimeout(showStale, STALE_MS), setTimeout(showSlow, SLOW_MS)];
  }

  function end() {
    clearTimers();
    delete columns()?.dataset.reading; // there are none before the page is complete
    status.textContent = "";
  }

  // Gradio passes nothing on to the card once it has lost its connection.
  function fail(sentence) {
    end();
    const tell = () => {
      if (!columns().querySelector('[data-verdict="error"]')) status.textContent ||= sentence;
    };
    untold = setTimeout(tell, UNTOLD_MS);
  }

  return { begin, end, fail };
}
