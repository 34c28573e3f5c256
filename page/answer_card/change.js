// The strokes that would make another digit of one: to add (blue), to rub out (orange), and in words.

const CHANGE_SIDE = 560; // pixels of the canvas, which the pad shows large
const CHANGE_OPACITY = 0.7;

// Change is what the server sends, in sides of the square that was read; colours are [r, g, b].
function paintChange(change, { addedColour, erasedColour }) {
  const { added, erased, pen_width, eraser_width } = change;
  const canvas = document.createElement("canvas");
  canvas.width = CHANGE_SIDE;
  canvas.height = CHANGE_SIDE;
  const context = canvas.getContext("2d");
  context.lineCap = "round";
  context.lineJoin = "round";
  context.globalAlpha = CHANGE_OPACITY;
  const paint = (strokes, width, colour) => {
    context.strokeStyle = colour;
    context.lineWidth = width * CHANGE_SIDE;
    for (const points of strokes) {
      context.beginPath();
      for (const [x, y] of points) context.lineTo(x * CHANGE_SIDE, y * CHANGE_SIDE);
      context.stroke();
    }
  };
  paint(erased, eraser_width, `rgb(${erasedColour})`);
  paint(added, pen_width, `rgb(${addedColour})`);
  // Whoever sees no colours sees dashes where ink goes.
  context.globalAlpha = 1;
  context.setLineDash([0.3 * eraser_width * CHANGE_SIDE, 0.4 * eraser_width * CHANGE_SIDE]);
  paint(erased, 0.12 * eraser_width, PAPER);
  return canvas;
}

// As HTML; change is null if no small one was found.
function changeInWords(change, digit) {
  const blue = '<span class="for">Blue</span>';
  const orange = (text) => `<span class="against">${text}</span>`;
  const result = `would make it ${withArticle(digit)}.`;
  if (!change) return `No small change ${result}`;
  if (!change.erased.length) return `${blue} ink added ${result}`;
  if (!change.added.length) return `${orange("Orange")} ink rubbed out ${result}`;
  return `${blue} added, ${orange("orange")} rubbed out ${result}`;
}
