// Runs once, when the pad appears. Gradio hands over: element, props, trigger, server.
//
// The drawing is a list of strokes, a stroke a list of points [x, y] in fractions of the pad's
// side. Everything visible is painted from that list, so it stays sharp on any screen and survives
// a resize, and the picture sent to the server never depends on screen, zoom or theme.

const PEN = 0.075; // pen's diameter, fraction of the pad's side
const PICTURE = 280; // side of the picture that is sent, pixels
const PAUSE = 30; // between an answer and the next question while the pen is down, ms
const PATIENCE = 8000; // for one answer, ms
const RETRY = 2000; // after a question without an answer, ms
const NO_ANSWER = "No answer from the server; trying again.";

const canvas = element.querySelector("canvas");
const hint = element.querySelector(".hint");
const undo = element.querySelector(".undo");
const clear = element.querySelector(".clear");
const trouble = element.querySelector(".trouble");

let strokes = [];
let pointer = null; // the event that put down the pointer that is drawing

// ---- painting

function trace(context, stroke, side) {
  const at = (point) => [point[0] * side, point[1] * side];
  context.beginPath();
  context.moveTo(...at(stroke[0]));
  // Curves from midpoint to midpoint, bent towards the point between them, have no corners.
  for (let i = 1; i < stroke.length - 1; i++) {
    const [x, y] = at(stroke[i]);
    const [nextX, nextY] = at(stroke[i + 1]);
    context.quadraticCurveTo(x, y, (x + nextX) / 2, (y + nextY) / 2);
  }
  const [x, y] = at(stroke.at(-1));
  context.lineTo(x + 0.01, y); // a line of no length would leave no dot
  context.stroke();
}

function paint(context, side) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.strokeStyle = "#111";
  context.lineWidth = PEN * side;
  context.lineCap = context.lineJoin = "round";
  for (const stroke of strokes) trace(context, stroke, side);
}

let frame = null;

function repaint() {
  frame ??= requestAnimationFrame(() => {
    frame = null;
    paint(canvas.getContext("2d"), canvas.width);
  });
}

function fit() {
  const side = Math.round(canvas.clientWidth * devicePixelRatio);
  if (!side || side === canvas.width) return;
  canvas.width = canvas.height = side;
  paint(canvas.getContext("2d"), side); // at once: setting the size has wiped the canvas
}

const paper = document.createElement("canvas");
paper.width = paper.height = PICTURE;

function picture() {
  paint(paper.getContext("2d"), PICTURE);
  return paper.toDataURL("image/png");
}

// ---- asking: one question at a time; what changes meanwhile is asked about next

let asking = false;
let changed = false;
let generation = 0; // of the drawing: an answer about a drawing since cleared is dropped
let retry = null;

const sleep = (time) => new Promise((done) => setTimeout(done, time));

function show(drawing) {
  props.value = drawing;
  trigger("input");
}

async function ask() {
  changed = true;
  if (asking) return;
  asking = true;
  clearTimeout(retry);
  while (changed && strokes.length) {
    changed = false;
    const asked = generation;
    const drawing = { picture: picture() };
    const answers = server.recognize(drawing.picture).catch(() => null);
    drawing.answer = await Promise.race([answers, sleep(PATIENCE)]);
    if (asked !== generation) continue;
    const failure = drawing.answer ? drawing.answer.error : NO_ANSWER;
    trouble.textContent = failure ?? "";
    if (failure) {
      retry = setTimeout(ask, RETRY);
      break;
    }
    show(drawing);
    if (pointer) await Promise.race([sleep(PAUSE), penUp]);
  }
  asking = false;
}

function change() {
  hint.hidden = strokes.length > 0;
  undo.disabled = clear.disabled = !strokes.length;
  repaint();
  if (strokes.length) {
    ask();
  } else {
    generation++;
    trouble.textContent = "";
    clearTimeout(retry);
    show(null);
  }
}

// ---- drawing

let penUp, liftPen; // a promise for the end of the stroke, and its resolution

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function endStroke() {
  if (!pointer) return;
  pointer = null;
  liftPen(); // and so the pause, so that the last point is asked about now
}

canvas.addEventListener("pointerdown", (event) => {
  if (event.button !== 0) return;
  const palm = event.pointerType === "pen" && pointer?.pointerType === "touch";
  if (pointer && !palm) return; // a second finger
  if (palm) strokes.pop();
  endStroke();
  event.preventDefault();
  pointer = event;
  canvas.setPointerCapture(event.pointerId); // the stroke goes on outside the pad
  penUp = new Promise((resolve) => (liftPen = resolve));
  strokes.push([place(event)]);
  change();
});

canvas.addEventListener("pointermove", (event) => {
  if (event.pointerId !== pointer?.pointerId) return;
  const events = event.getCoalescedEvents?.() ?? []; // all positions since the last frame
  strokes.at(-1).push(...(events.length ? events : [event]).map(place));
  change();
});

for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (event.pointerId === pointer?.pointerId) endStroke();
  });
}

undo.addEventListener("click", () => {
  endStroke();
  strokes.pop();
  change();
});

clear.addEventListener("click", () => {
  endStroke();
  strokes = [];
  change();
});

new ResizeObserver(fit).observe(canvas);
fit();
