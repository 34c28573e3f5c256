"""Synthetic pictures of numbers: their ink, and the box of each digit."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import cv2
import numpy as np

from digit_model.data import WriterPart
from digit_model.data.enclosures import enclosure
from digit_model.data.handwriting import Hand, Mark, random_hand, write_lines
from digit_model.data.nondigits import GENERATORS
from digit_model.data.number_texts import random_lines
from digit_model.data.pens import log_uniform
from digit_model.data.signs import USUAL_SIGNS
from digit_model.data.strokes import Drawing, unit_drawing
from digit_model.number import DIGIT_HEIGHT, OTHER
from digit_model.pen import draw_stroke

HEIGHT, WIDTH = 96, 320  # pixels, of a training picture
MOST_DRAWN_MARKS = 40  # in a training picture
OVERSAMPLING = 2  # drawn so many times as large, then averaged
PEN = (0.02, 0.22)  # in heights of a digit
PAD_PEN, PAD_HEIGHT = (0.03, 0.16), (50.0, 130.0)  # of drawings, the height in pixels
FOUND = 200  # of 255: in fewer pixels, thinner lines than that aren't found at all
USUAL_PEN = 0.1  # in heights of a digit, about: a photograph chooses its pen itself
NONDIGITS = 0.08  # share of the pictures without digits, beside those of letters alone
PLAIN_ONES = 0.4  # share of those who write 1s without a flag
ENCLOSED = 0.06  # share of the pictures with a ring or a box around all
PAGE_LINES, PAGE_MARKS = (3, 10), (1, 8)  # of a page, and in each of them; the latter excluded
PAGES_WITH_SIGNS = 0.3  # share of them
# Pixels, height of the digits: with more of them in a line it would be less.
SMALLEST, HIGHEST = 13, 72


class NumberPicture(NamedTuple):
    """The ink of some lines of digits and other marks.

    Attributes:
        ink: uint8 (96, 320), 255 = ink.
        boxes: float32 (n, 4), left, top, right and bottom of each mark, in pixels.
        classes: int64 (n,), a digit or ``OTHER``.
    """

    ink: np.ndarray
    boxes: np.ndarray
    classes: np.ndarray


def number_picture(seed: tuple[int, ...], part: WriterPart = "training") -> NumberPicture:
    """A random picture of lines of digits, with signs and letters among them or not."""
    rng = np.random.default_rng(seed)
    if rng.random() < NONDIGITS:
        return _nondigit_picture(rng)
    while True:
        hand, pen = random_hand(rng, part, plain_ones=PLAIN_ONES), log_uniform(PEN, rng)
        marks = write_lines(random_lines(rng), hand, pen, rng, part)
        if not 0 < len(marks) <= MOST_DRAWN_MARKS:
            continue
        picture = _draw(marks, random_enclosure(marks, rng), pen, rng)
        if picture is not None:
            return picture


def draw_number(
    text: str, rng: np.random.Generator, spacing: str = "", *, plain_ones: float = 0.0
) -> np.ndarray:
    """As :func:`draw_by_hand`, by anybody of :func:`~digit_model.data.handwriting.random_hand`."""
    hand = random_hand(rng, "development", spacing, plain_ones=plain_ones)
    return draw_by_hand(text, hand, rng)


def draw_by_hand(
    text: str, hand: Hand, rng: np.random.Generator, part: WriterPart = "development"
) -> np.ndarray:
    """A drawing of lines of digits and signs as a page's pad has it, uint8 (h, w), 0 = ink.

    ``hand`` is that of a writer of this part.
    """
    pen = log_uniform(PAD_PEN, rng)
    marks = write_lines(text.split("\n"), hand, pen, rng, part)
    unit, margin = rng.uniform(*PAD_HEIGHT), rng.uniform(0.1, 1.0, 2)
    strokes = strokes_of(marks)
    low, high = _extent(strokes, pen)
    columns, rows = np.ceil((high - low + 2 * margin) * unit).astype(int).tolist()
    return 255 - _draw_strokes(strokes, pen, unit, (margin - low) * unit, (rows, columns))


def random_marks(rng: np.random.Generator, part: WriterPart, longest: int) -> list[Mark]:
    """Lines of at most so many marks, of a usual pen; at least one mark, not too many."""
    while True:
        hand = random_hand(rng, part, plain_ones=PLAIN_ONES)
        lines = [line[:longest] for line in random_lines(rng)]
        marks = write_lines(lines, hand, USUAL_PEN, rng, part)
        if 0 < len(marks) <= MOST_DRAWN_MARKS:
            return marks


def random_page(rng: np.random.Generator, part: WriterPart) -> list[Mark]:
    """Many short lines of digits, now and then with signs among them, of a usual pen."""
    hand = random_hand(rng, part, str(rng.choice(["close", "usual", "wide"])))
    alphabet = [*"0123456789" * 2, *(USUAL_SIGNS if rng.random() < PAGES_WITH_SIGNS else "")]
    lengths = rng.integers(*PAGE_MARKS, rng.integers(*PAGE_LINES))
    lines = ["".join(rng.choice(alphabet, length)) for length in lengths]
    return write_lines(lines, hand, USUAL_PEN, rng, part)


def random_enclosure(marks: Sequence[Mark], rng: np.random.Generator) -> Drawing:
    """A ring or a box around the marks, now and then: it is no mark, and has no class."""
    return [_enclosure_of(marks, rng)] if rng.random() < ENCLOSED else []


def _enclosure_of(marks: Sequence[Mark], rng: np.random.Generator) -> np.ndarray:
    return enclosure(*_extent(strokes_of(marks), 0), rng)


def strokes_of(marks: Iterable[Mark]) -> Drawing:
    """Those of all marks, one mark after the other."""
    return [stroke for mark in marks for stroke in mark.strokes]


def as_drawing(marks: Iterable[Mark], around: Sequence[np.ndarray] = ()) -> tuple[Drawing, float]:
    """All strokes of the marks, and what is around them, in the unit box.

    And a digit's height in it, 1 at most.
    """
    strokes = [*strokes_of(marks), *around]
    low, high = _extent(strokes, 0)
    return unit_drawing(strokes), 1 / max(1.0, float((high - low).max()))


def number_drawing(
    text: str, rng: np.random.Generator, part: WriterPart = "development", *, enclosed: bool = False
) -> tuple[Drawing, float]:
    """Lines of digits in the unit box, and a digit's height in it: for a synthetic photograph.

    ``enclosed``: with a ring or a box around them.
    """
    hand = random_hand(rng, part, str(rng.choice(["close", "usual"])))
    marks = write_lines(text.split("\n"), hand, USUAL_PEN, rng, part)
    return as_drawing(marks, [_enclosure_of(marks, rng)] if enclosed else [])


def _nondigit_picture(rng: np.random.Generator) -> NumberPicture:
    """One to four characters, shapes or scribbles in a row; they are of the network's other class.

    Those of several strokes would otherwise be taken for several digits.
    """
    ink, boxes = np.zeros((HEIGHT, WIDTH), np.uint8), []
    height, x = int(DIGIT_HEIGHT * np.exp(rng.normal(0, 0.35))), int(rng.integers(2, 40))
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.6, 0.2, 0.1, 0.1])):
        drawn = GENERATORS[rng.integers(len(GENERATORS))](rng)
        left, top, width, rows = cv2.boundingRect((drawn > 127).view(np.uint8))
        size = max(1, round(height * width / max(rows, 1))), height
        y = int(rng.integers(0, max(1, HEIGHT - height)))
        if not width or x + size[0] > WIDTH or y + size[1] > HEIGHT:
            break
        cut = drawn[top : top + rows, left : left + width]
        shrunk = cv2.resize(cut, size, interpolation=cv2.INTER_AREA)
        ink[y : y + size[1], x : x + size[0]] = shrunk
        boxes.append([x, y, x + size[0], y + size[1]])
        x += size[0] + int(rng.integers(2, 30))
    marks = np.array(boxes, np.float32).reshape(-1, 4)
    return NumberPicture(_worn(ink, rng), marks, np.full(len(marks), OTHER, np.int64))


def random_height(rng: np.random.Generator) -> float:
    """Of the digits in a training picture, in pixels."""
    return float(np.clip(DIGIT_HEIGHT * np.exp(rng.normal(0, 0.3)), SMALLEST, HIGHEST))


def _draw(
    marks: Sequence[Mark], around: Drawing, pen: float, rng: np.random.Generator
) -> NumberPicture | None:
    """The marks and what is around them on a picture; None if they would be too small."""
    strokes = [*strokes_of(marks), *around]
    low, high = _extent(strokes, pen)
    fits = float(min(np.array([WIDTH - 6, HEIGHT - 6]) / (high - low)))
    unit = min(fits, random_height(rng))
    if unit < SMALLEST:
        return None
    offset = rng.uniform(0, 1, 2) * ([WIDTH, HEIGHT] - (high - low) * unit) - low * unit
    size = HEIGHT * OVERSAMPLING, WIDTH * OVERSAMPLING
    canvas = _draw_strokes(strokes, pen, unit * OVERSAMPLING, offset * OVERSAMPLING, size)
    boxes = np.array([np.concatenate(_extent(mark.strokes, pen)) for mark in marks])
    boxes = boxes * unit + np.tile(offset, 2)
    ink = _worn(_lined(canvas, boxes, unit, rng), rng)
    classes = np.array([mark.kind for mark in marks], np.int64)
    return NumberPicture(ink, boxes.astype(np.float32), classes)


def _extent(strokes: Drawing, pen: float) -> tuple[np.ndarray, np.ndarray]:
    """Upper left and lower right corner of strokes, (2,) each, with the pen's width."""
    points = np.concatenate(strokes)
    return points.min(axis=0) - pen / 2, points.max(axis=0) + pen / 2


def _draw_strokes(
    strokes: Drawing, pen: float, unit: float, offset: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """uint8 (rows, columns), 255 = ink; ``unit`` pixels for the height of a digit."""
    canvas = np.zeros(size, np.uint8)
    for stroke in strokes:
        draw_stroke(canvas, stroke * unit + offset, pen * unit)
    return canvas


def _lined(
    canvas: np.ndarray, boxes: np.ndarray, unit: float, rng: np.random.Generator
) -> np.ndarray:
    """With what is left of printed lines now and then: rules, or a form's boxes."""
    what = rng.random()
    if what < 0.05:
        pitch, y = rng.uniform(1.1, 2.0) * unit * OVERSAMPLING, rng.uniform(0, HEIGHT)
        while y < len(canvas):
            cv2.line(canvas, (0, round(y)), (canvas.shape[1], round(y)), int(rng.integers(50, 255)))
            y += pitch
    elif what < 0.08:
        margin, tone = rng.uniform(0.1, 0.3) * unit, int(rng.integers(80, 255))
        for left, top, right, bottom in boxes:
            corners = np.array([(left - margin, top - margin), (right + margin, bottom + margin)])
            (x0, y0), (x1, y1) = np.rint(corners * OVERSAMPLING).astype(int).tolist()
            cv2.rectangle(canvas, (x0, y0), (x1, y1), tone)
    return canvas


def _worn(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As a camera and the ink network leave it: soft, uneven, with gaps and specks."""
    if rng.random() < 0.1:  # where a printed line was taken out
        y, step = int(rng.integers(canvas.shape[0])), int(rng.integers(20, 80))
        canvas[y % step :: step] = 0
    ink = cv2.resize(canvas, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.3:
        ink = _found_in_few_pixels(ink, rng)
    if rng.random() < 0.55:
        return ink
    soft: np.ndarray = cv2.GaussianBlur(ink.astype(np.float32), (0, 0), rng.uniform(0.3, 1.3))
    if rng.random() < 0.5:
        coarse = rng.uniform(0.4, 1.1, (HEIGHT // 16, WIDTH // 16)).astype(np.float32)
        soft = soft * cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        soft = soft + rng.normal(0, rng.uniform(2, 25), soft.shape)
    if rng.random() < 0.2:
        for x, y in rng.uniform(0, 1, (rng.integers(1, 12), 2)) * (WIDTH, HEIGHT):
            cv2.circle(
                soft, (int(x), int(y)), int(rng.integers(0, 2)), float(rng.uniform(60, 255)), -1
            )
    return np.clip(soft * rng.uniform(0.8, 1.4), 0, 255).astype(np.uint8)


def _found_in_few_pixels(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """As the ink network finds it in a photograph of few pixels: blurred, then sure of itself."""
    scale = rng.uniform(0.3, 0.9)
    small = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    blurred = cv2.resize(small, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    paper, full = 255 * rng.uniform(0.05, 0.35), 255 * rng.uniform(0.4, 0.9)
    found = np.clip((blurred - paper) * (255 / (full - paper)), 0, 255).astype(np.uint8)
    return found if found.max() > FOUND else ink
