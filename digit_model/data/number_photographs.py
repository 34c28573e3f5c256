"""The ink that is found in synthetic photographs of numbers, and the box of each mark.

:mod:`digit_model.data.number_pictures` draws ink and degrades it. Here it is found as in serving,
with what the ink network misses and what it takes for ink.
"""

import itertools
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from digit_model.crop import part_of
from digit_model.data import WriterPart
from digit_model.data.number_pictures import (
    HEIGHT,
    WIDTH,
    NumberPicture,
    as_drawing,
    number_drawing,
    number_picture,
    random_enclosure,
    random_height,
    random_marks,
)
from digit_model.data.number_texts import of_form
from digit_model.data.photographs import COVERED, Kind, photograph, random_kind, written_side
from digit_model.data.strokes import Drawing
from digit_model.ink import FindInk
from digit_model.ink.marks import mark_mask
from digit_model.number import OTHER
from digit_model.number.writing import extract_writing, writing_height

NOTHING = 0.06  # share of the photographs without writing: all ink in them is a mistake
LONGEST = 7  # marks in a line: more would be too small in the smallest photographs
LEGIBLE = 0.5  # share of a mark that has to be found; of less, nothing can be read
TRIES = 3
LOWEST = 10.0  # pixels, height of digits in the found ink
PAGE_LINES, LINE_DIGITS = (3, 9), (2, 7)  # of a page, and in each of them; the latter excluded
ENCLOSED_DIGITS = (5, 9)  # in a ring or box, the latter excluded
LEAST_HEIGHT = 16  # pixels, of a page's digits: in the smallest pictures they would be illegible


def photographed_number(
    seed: tuple[int, ...], find_ink: FindInk, part: WriterPart = "training"
) -> NumberPicture:
    """The ink of a random photograph, at a size at which the number network may see it.

    After three illegible ones, as all are to an ink network that has learned nothing, it is drawn.
    """
    rng = np.random.default_rng(seed)
    for _ in range(TRIES):
        marks = [] if rng.random() < NOTHING else random_marks(rng, part, LONGEST)
        around = random_enclosure(marks, rng) if marks else []
        strokes, digit = as_drawing(marks, around) if marks else ([], 1.0)
        kind, own_seed = random_kind(rng), int(rng.integers(2**31))

        def take(drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
            # The same seed for each mark alone: it is where it is among the others.
            return photograph(drawing, kind, np.random.default_rng(own_seed), digit=digit)  # noqa: B023

        rgb, _ = take(strokes)
        remaining = iter(strokes)
        inks = (take(list(itertools.islice(remaining, len(mark.strokes))))[1] for mark in marks)
        picture = _find(rgb, inks, [mark.kind for mark in marks], find_ink, rng)
        if picture is not None:
            return picture
    return number_picture(seed, part)


def _find(
    rgb: np.ndarray,
    inks: Iterable[np.ndarray],
    kinds: Sequence[int],
    find_ink: FindInk,
    rng: np.random.Generator,
) -> NumberPicture | None:
    """The ink that is found, and the boxes of the marks in it; None without any, or too low."""
    found, window, _ = extract_writing(rgb, find_ink)
    if writing_height(found) < LOWEST:
        return None
    boxes, classes = [], []
    for ink, kind in zip(inks, kinds, strict=True):
        own = mark_mask(part_of(ink, window, found.shape))
        if (own & mark_mask(found)).sum() > LEGIBLE * max(own.sum(), 1):
            left, top, columns, rows = cv2.boundingRect(own)
            boxes.append([left, top, left + columns, top + rows])
            classes.append(kind)
    marks, of_marks = np.array(boxes, np.float32).reshape(-1, 4), np.array(classes, np.int64)
    digits = marks[of_marks != OTHER] if (of_marks != OTHER).any() else marks
    heights = digits[:, 3] - digits[:, 1]
    height = float(np.median(heights)) if len(heights) else writing_height(found)
    if height < LOWEST:
        return None
    return _placed(found, marks, of_marks, random_height(rng) / height, rng)


def _placed(
    found: np.ndarray,
    boxes: np.ndarray,
    classes: np.ndarray,
    scale: float,
    rng: np.random.Generator,
) -> NumberPicture:
    """Scaled, or smaller if it doesn't fit, and moved anywhere; what is beyond the edge is cut."""
    if len(boxes):
        low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    else:
        left, top, width, height = cv2.boundingRect(mark_mask(found))
        low, high = np.array([left, top]), np.array([left + width, top + height])
    size = np.array([WIDTH, HEIGHT])
    scale = min(scale, float(min((size - 6) / (high - low))))
    offset = rng.uniform(0, 1, 2) * (size - (high - low) * scale) - low * scale
    shape = tuple(max(1, round(side * scale)) for side in found.shape[::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    scaled = cv2.resize(found, shape, interpolation=method)
    shift = np.rint(offset)
    move = np.array([[1, 0, shift[0]], [0, 1, shift[1]]])
    moved = cv2.warpAffine(scaled, move, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST)
    ink = np.rint(255 * np.clip(moved, 0, 1)).astype(np.uint8)
    return NumberPicture(ink, (boxes * scale + np.tile(shift, 2)).astype(np.float32), classes)


def photographed_page(kind: Kind, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """Lines of digits by a development writer, and their photograph, in which they are legible."""
    while True:
        lengths = rng.integers(*LINE_DIGITS, rng.integers(*PAGE_LINES))
        lines = [of_form("0" * length, rng) for length in lengths.tolist()]
        drawing, digit = number_drawing("\n".join(lines), rng)
        picture, ink = photograph(drawing, kind, rng, digit=digit)
        if digit * written_side(ink) >= LEAST_HEIGHT:
            return "\n".join(lines), picture


def photographed_enclosure(kind: Kind, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    """A number by a development writer in a ring or box, and its photograph, as wide as that."""
    while True:
        text = of_form("0" * int(rng.integers(*ENCLOSED_DIGITS)), rng)
        drawing, digit = number_drawing(text, rng, enclosed=True)
        picture, ink = photograph(drawing, kind, rng, digit=digit)
        height = round(digit * written_side(ink))
        if height >= LEAST_HEIGHT:
            rows = np.flatnonzero((ink > COVERED).any(axis=1))
            margin = round(rng.uniform(0.3, 1.5) * height)
            return text, picture[max(0, rows[0] - margin) : rows[-1] + margin]
