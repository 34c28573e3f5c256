// What pads need of the browser's pointer events.

// All positions since the last frame, of which the event itself is the last.
function movesOf(event) {
  const moves = event.getCoalescedEvents?.() ?? [];
  return moves.length ? moves : [event];
}

// A point as it is kept: many long numbers would fill the tab's storage.
function shortened(point) {
  return point.map((number) => Math.round(1e4 * number) / 1e4);
}

// Whether a press opens the system's menu: no release would follow.
function opensMenu({ ctrlKey }) {
  return ctrlKey && isApple();
}

// Whether the stroke that began with one event was the palm's of the hand that holds this stylus.
function isPalmFirst(startEvent, event) {
  return event.pointerType === "pen" && startEvent.pointerType === "touch";
}
