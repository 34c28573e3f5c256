// Tells that the answer on show is not about what is on the pad yet: it is paler, and says so.

const STALE_MS = 250; // without an answer, until it is paler
const SLOW_MS = 1200; // until the pad's status tells of the server
const WAITING = "Waiting for the server …";

function createWaiting(status) {
  const columns = () => status.closest("#draw-columns"); // around the answer, too
  let timers = [];

  function clearTimers() {
    timers.forEach(clearTimeout);
    timers = [];
  }

  // Again while it is waiting: it goes on waiting.
  function begin() {
    if (timers.length) return;
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

  return { begin, end };
}
