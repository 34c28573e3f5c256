// One small pad, for one digit.

const CELL_PICTURE_SIDE = 280; // pixels, of what is read
const CELL_PEN = 0.075; // width of the pen, in sides of the pad
const READ_MS = 350; // after pen-up: the strokes of one digit follow each other sooner
const READ_AGAIN_MS = 2000; // after a failure

// onChange is called when something was written or read.
function createCell({ digit, server, onChange }) {
  const element = document.createElement("figure");
  element.tabIndex = -1;
  element.innerHTML = `<div class="tile">
      <span class="model" aria-hidden="true"></span>
      <canvas role="img"></canvas>
    </div>
    <button type="button" class="again" hidden>×</button>
    <figcaption><b></b> <span class="sure"></span><br><span class="nearest"></span></figcaption>`;
  const canvas = element.querySelector("canvas");
  const model = element.querySelector(".model");
  const again = element.querySelector(".again");
  const [name, sure, nearest] = ["b", ".sure", ".nearest"].map((each) =>
    element.querySelector(each),
  );
  let strokes = []; // as those of the sketchpad, in sides of this pad
  let reading = null; // of these strokes
  let timer = null;
  let question = 0; // the answer to an earlier one is dropped
  let startEvent = null; // of the stroke that is being drawn

  function paintOn(target) {
    const context = target.getContext("2d", { alpha: false });
    layPaper(context);
    for (const stroke of strokes) {
      paintStroke(context, stroke, { scale: target.width, left: 0, top: 0 });
    }
    return target;
  }

  // A canvas of this many pixels a side.
  function painted(side) {
    const target = document.createElement("canvas");
    target.width = side;
    target.height = side;
    return paintOn(target);
  }

  const picture = () => painted(CELL_PICTURE_SIDE).toDataURL("image/png");

  function show() {
    const side = Math.round(canvas.clientWidth * devicePixelRatio);
    if (side && canvas.width !== side) [canvas.width, canvas.height] = [side, side];
    paintOn(canvas);
    model.hidden = strokes.length > 0;
    again.hidden = !strokes.length;
    element.classList.toggle("misread", reading?.is_read === false);
    element.classList.toggle("unanswered", Boolean(reading?.error));
    sure.textContent = reading ? (reading.error ?? verdictOf(reading)) : "";
    nearest.textContent = reading?.nearest
      ? `nearest ${reading.nearest}, ${reading.nearest_sure}`
      : "";
  }

  async function read() {
    const number = ++question;
    const answer = await answerToPad(server.read({ picture: picture(), digit }));
    if (number !== question) return;
    reading = answer;
    if (answer.error) timer = setTimeout(read, READ_AGAIN_MS);
    show();
    onChange();
  }

  // Puts these strokes in the place of those that were there.
  function write(newStrokes) {
    clearTimeout(timer);
    startEvent = null;
    question++;
    strokes = newStrokes;
    reading = null;
    show();
    onChange();
    if (strokes.length) read();
  }

  function toPoint(event) {
    const box = canvas.getBoundingClientRect();
    const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    return shortened([...place, 1]);
  }

  function finish(event) {
    if (startEvent?.pointerId !== event.pointerId) return; // pressed elsewhere, or a second finger
    startEvent = null;
    onChange();
    timer = setTimeout(read, READ_MS);
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || opensMenu(event)) return;
    if (startEvent && !isPalmFirst(startEvent, event)) return;
    event.preventDefault();
    clearTimeout(timer);
    canvas.setPointerCapture(event.pointerId);
    const others = startEvent ? strokes.slice(0, -1) : strokes;
    strokes = [...others, { points: [toPoint(event)], width: CELL_PEN }];
    startEvent = event;
    reading = null;
    question++;
    show();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (startEvent?.pointerId !== event.pointerId) return;
    if (event.buttons === 0) return finish(event); // a menu has swallowed the release
    strokes.at(-1).points.push(...movesOf(event).map(toPoint));
    paintOn(canvas);
  });
  for (const type of ["pointerup", "pointercancel"]) canvas.addEventListener(type, finish);
  again.addEventListener("click", () => {
    write([]);
    moveFocus(again, element);
  });
  new ResizeObserver(show).observe(canvas);
  onOtherScreen(show);

  model.textContent = digit;
  name.textContent = digit;
  canvas.ariaLabel = `A pad for ${withArticle(digit)}`;
  again.ariaLabel = `Write the ${digit} again`;
  again.title = again.ariaLabel;
  return {
    ...{ digit, element, write, picture, painted },
    strokes: () => strokes,
    reading: () => reading,
    isWritten: () => strokes.length > 0,
  };
}

// How sure the network is of the digit, or what it has read in its place.
function verdictOf({ is_read, sure, read_as }) {
  return is_read ? sure : read_as;
}
