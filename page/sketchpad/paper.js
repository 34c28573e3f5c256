// The paper: a square that gets larger when a number comes to its right edge, or its lines to the
// bottom.
//
// Lengths are in sides of the empty pad. The pad always shows all of the paper, so ink looks smaller
// on larger paper; the left edge and the middle of the height stay where they are.

const PAPER_SIDES = [1, 1.5, 2, 3, 4];
const EDGE = 0.15; // fraction of the paper at its edge, in which ink makes it larger
const WIDE = 1.2; // of the height of ink: few digits are so wide, and most pairs of them
const GROW_MS = 400; // after pen-up: the strokes of one digit follow each other sooner
const GROW_ANIMATION_MS = 180;

// Each stroke knows the paper that it was drawn on, so undo, redo and clear restore that.
function paperOf(strokes) {
  const side = strokes.at(-1)?.paper ?? 1;
  return { side, top: (1 - side) / 2 };
}

// The extent of a stroke's middle line along one axis: 0 is x, 1 is y.
function extent({ points }, axis) {
  const values = points.map((point) => point[axis]);
  return [Math.min(...values), Math.max(...values)];
}

// The side of the paper on which these strokes have room for more digits.
function sideWithRoom(strokes) {
  const { side } = paperOf(strokes);
  const ink = strokes.filter(({ erase }) => !erase);
  const columns = ink.map((stroke) => extent(stroke, 0));
  const rows = ink.map((stroke) => extent(stroke, 1));
  const [top, bottom] = [Math.min(...rows.flat()), Math.max(...rows.flat())];
  const [left, right] = columns.reduce((one, other) => (other[1] > one[1] ? other : one), [0, 0]);
  // One large digit keeps the pad: what makes it grow stands to the right of something, or touches it.
  const isApart = columns.some((column) => column[1] < left);
  const isPair = ink.length > 1 && right - Math.min(...columns.flat()) > WIDE * (bottom - top);
  if (side === 1 && !isApart && !isPair) return side;
  const hasRoom = (other) => {
    const inside = 1 - EDGE;
    return right <= other * inside && (side === 1 || bottom - 0.5 <= other * (inside - 0.5));
  };
  if (hasRoom(side)) return side;
  return PAPER_SIDES.find((other) => other > side && hasRoom(other)) ?? PAPER_SIDES.at(-1);
}

// element shows the paper. onGrown is called when it has got larger.
function createGrowth({ element, strokes, onGrown }) {
  let timer = null;

  function grow() {
    const before = paperOf(strokes.current()).side;
    const after = sideWithRoom(strokes.current());
    if (after === before) return;
    strokes.current().at(-1).paper = after;
    onGrown();
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const options = { duration: GROW_ANIMATION_MS, easing: "ease-out" };
    element.animate([{ scale: after / before }, { scale: 1 }], options);
  }

  // To be called at the end of a stroke, and when the drawing changes otherwise: the paper may have grown
  // with a stroke that was taken back.
  function growSoon() {
    cancel();
    if (strokes.isEmpty() || strokes.picture()) return; // a picture would get smaller
    timer = setTimeout(grow, GROW_MS);
  }

  function cancel() {
    clearTimeout(timer);
  }

  return { growSoon, cancel };
}
