// Runs once, when the pad appears. Gradio hands over: element, props, trigger, server, upload.
//
// The drawing is a list of strokes, {points, pen, erase}, a point being [x, y, width]: a place in
// fractions of the pad's side, and the factor by which a stylus pressed there widens the pen.
// Everything visible is painted from that list, so it stays sharp on any screen and survives a
// resize, and the picture sent to the server never depends on screen, zoom or theme.

const PENS = [0.03, 0.045, 0.06, 0.075, 0.1, 0.13]; // diameters, fractions of the pad's side
const ERASER = 2; // times the pen's diameter
const PICTURE = 280; // side of the picture that is sent, pixels
const PAUSE = 30; // between an answer and the next question while the pen is down, ms
const SLOW = 1200; // without an answer until we say so, ms
const PATIENCE = 8000; // for one answer, ms
const RETRY = 2000; // after a question without an answer, ms
const NO_ANSWER = "No answer from the server; trying again.";
const WAITING = "Waiting for the server …";

const find = (name) => element.querySelector(name);
const canvas = find("canvas");
const sheet = find(".sheet");
const hint = find(".hint");
const nib = find(".nib");
const size = find(".size");
const eraser = find(".eraser");
const undo = find(".undo");
const redo = find(".redo");
const clear = find(".clear");
const trouble = find(".trouble");

let strokes = [];
let past = []; // what `strokes` was before each change, for undo
let future = []; // what undo took back, for redo
let pointer = null; // the event that put down the pointer that is drawing

// ---- painting

function trace(context, stroke, side) {
  const { points } = stroke;
  const width = stroke.pen * side * (stroke.erase ? ERASER : 1);
  const at = (i) => [points[i][0] * side, points[i][1] * side];
  const between = ([x, y], [nextX, nextY]) => [(x + nextX) / 2, (y + nextY) / 2];
  const pressed = points.some((point) => point[2] !== 1);
  context.strokeStyle = stroke.erase ? "#fff" : "#111";
  context.lineWidth = width * points[0][2];
  context.beginPath();
  context.moveTo(...at(0));
  // Curves from midpoint to midpoint, bent towards the point between them, have no corners.
  for (let i = 1; i < points.length - 1; i++) {
    const middle = between(at(i), at(i + 1));
    context.quadraticCurveTo(...at(i), ...middle);
    if (!pressed) continue;
    context.stroke(); // each piece in a width of its own
    context.beginPath();
    context.moveTo(...middle);
    context.lineWidth = width * points[i][2];
  }
  const [x, y] = at(points.length - 1);
  context.lineTo(x + 0.01, y); // a line of no length would leave no dot
  context.stroke();
}

function paint(context, side) {
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
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
  showPen();
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
let retry = null; // the timer for it, while a server that gave no answer is left alone

function rest() {
  retry = setTimeout(() => {
    retry = null;
    ask();
  }, RETRY);
}

const sleep = (time) => new Promise((done) => setTimeout(done, time));

function show(drawing) {
  props.value = drawing;
  trigger("input");
}

async function ask() {
  changed = true;
  if (asking || retry) return;
  asking = true;
  while (changed && strokes.length) {
    changed = false;
    const asked = generation;
    const drawing = { key: `drawing ${asked}`, picture: picture() };
    const slow = setTimeout(() => (trouble.textContent ||= WAITING), SLOW);
    const answers = server.recognize(drawing.picture).catch(() => null);
    drawing.answer = await Promise.race([answers, sleep(PATIENCE)]);
    clearTimeout(slow);
    if (asked !== generation) continue;
    const failure = drawing.answer ? drawing.answer.error : NO_ANSWER;
    trouble.textContent = failure ?? "";
    if (failure) {
      rest();
      break;
    }
    show(drawing);
    if (pointer) await Promise.race([sleep(PAUSE), penUp]);
  }
  asking = false;
}

function change() {
  hint.hidden = strokes.length > 0;
  undo.disabled = !past.length;
  redo.disabled = !future.length;
  clear.disabled = !strokes.length;
  repaint();
  if (strokes.length) {
    ask();
  } else {
    generation++;
    trouble.textContent = "";
    show(null);
  }
}

// ---- what can be undone

function commit(next) {
  past.push(strokes);
  future = [];
  strokes = next;
}

function step(from, to) {
  endStroke();
  if (!from.length) return;
  to.push(strokes);
  strokes = from.pop();
  change();
}

function empty() {
  endStroke();
  if (!strokes.length) return;
  commit([]);
  change();
}

undo.addEventListener("click", () => step(past, future));
redo.addEventListener("click", () => step(future, past));
clear.addEventListener("click", empty);

// ---- the pen

const erasing = () => eraser.getAttribute("aria-pressed") === "true";

function showPen() {
  const width = PENS[size.value] * canvas.clientWidth;
  element.style.setProperty("--pen", `${width}px`);
  element.style.setProperty("--nib", `${width * (erasing() ? ERASER : 1)}px`);
}

function choosePen(number) {
  size.value = number;
  showPen();
}

function toggleEraser() {
  eraser.setAttribute("aria-pressed", String(!erasing()));
  showPen();
}

size.addEventListener("input", showPen);
eraser.addEventListener("click", toggleEraser);

// ---- drawing

let penUp, liftPen; // a promise for the end of the stroke, and its resolution

function place(event) {
  const box = canvas.getBoundingClientRect();
  // A stylus that can't tell reports a pressure of 0.5, which leaves the pen as it is.
  const width = event.pointerType === "pen" && event.pressure ? 0.5 + event.pressure : 1;
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, width];
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
  if (palm) strokes = past.pop();
  endStroke();
  event.preventDefault();
  document.activeElement?.blur(); // or a number field would go on taking the keys
  pointer = event;
  canvas.setPointerCapture(event.pointerId); // the stroke goes on outside the pad
  penUp = new Promise((resolve) => (liftPen = resolve));
  commit([...strokes, { points: [place(event)], pen: PENS[size.value], erase: erasing() }]);
  change();
});

canvas.addEventListener("pointermove", (event) => {
  const box = sheet.getBoundingClientRect();
  nib.style.translate = `${event.clientX - box.left}px ${event.clientY - box.top}px`;
  if (event.pointerId !== pointer?.pointerId) return;
  const events = event.getCoalescedEvents?.() ?? []; // all positions since the last frame
  strokes.at(-1).points.push(...(events.length ? events : [event]).map(place));
  change();
});

for (const end of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(end, (event) => {
    if (event.pointerId === pointer?.pointerId) endStroke();
  });
}

canvas.addEventListener("pointerenter", (event) => (nib.hidden = event.pointerType === "touch"));
canvas.addEventListener("pointerleave", () => (nib.hidden = true));

// ---- keys, wherever the focus is, as long as the pad is on show and nothing is being typed

const shown = () => element.getClientRects().length > 0;
const typing = (target) => target.closest?.("input:not([type=range]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if (!shown() || event.defaultPrevented || event.altKey || typing(event.target)) return;
  const key = event.key.toLowerCase();
  const command = event.ctrlKey || event.metaKey;
  const action = command
    ? { z: event.shiftKey ? () => step(future, past) : () => step(past, future), y: () => step(future, past) }[key]
    : {
        delete: empty,
        escape: empty,
        e: toggleEraser,
        "[": () => choosePen(Math.max(0, +size.value - 1)),
        "]": () => choosePen(Math.min(PENS.length - 1, +size.value + 1)),
      }[key];
  if (!action) return;
  event.preventDefault();
  action();
});

// ---- pictures that are pasted anywhere or dropped onto the pad

async function hand(files) {
  const file = [...(files ?? [])].find(({ type }) => type.startsWith("image/"));
  if (!file) return false;
  trouble.textContent = "";
  try {
    const { path, url } = await upload(file);
    const sent = { path, url, orig_name: file.name, size: file.size, mime_type: file.type };
    props.value = { file: { ...sent, meta: { _type: "gradio.FileData" } } };
    trigger("upload");
  } catch {
    trouble.textContent = "The picture could not be sent to the server.";
  }
  return true;
}

document.addEventListener("paste", (event) => {
  if (shown() && !typing(event.target)) hand(event.clipboardData?.files);
});

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  sheet.addEventListener(kind, (event) => {
    event.preventDefault();
    sheet.classList.toggle("target", kind.startsWith("drage") || kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      hand(event.dataTransfer.files).then((taken) => {
        if (!taken) trouble.textContent = "Only pictures can be dropped here.";
      });
    }
  });
}

new ResizeObserver(fit).observe(canvas);
fit();
showPen();
