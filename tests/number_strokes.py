"""Numbers as a visitor writes them on the page's pad, with digits that nothing was trained on."""

from __future__ import annotations

import numpy as np
from visitor import Visitor

from digit_model.data.strokes import pen_digits

EDGE = 0.84  # fraction of the paper; ink that stays before it leaves the paper as it is
HEIGHT = 0.45  # of a digit, in sides of the empty pad
GAP = 0.07
# The pad grows 400 ms after a stroke; a timer that is set later for more fires later.
GROWN = """async () => {
  await new Promise((done) => setTimeout(done, 420));
  const paper = document.querySelector("#pad .paper");
  await Promise.all(paper.getAnimations().map((each) => each.finished));
}"""
PEN_WIDTH = """() => {
  const style = getComputedStyle(document.querySelector("#pad .pen"));
  return parseFloat(style.getPropertyValue("--pen-width"));
}"""


def paper_side(visitor: Visitor) -> float:
    """In sides of the empty pad: the pen looks narrower on larger paper."""
    pen_width = visitor.page.evaluate(PEN_WIDTH)
    return round(0.075 * visitor.box()["width"] / pen_width, 2)


def wait_for_growth(visitor: Visitor) -> None:
    """Until the pad has grown after the last stroke, if it has to."""
    visitor.page.evaluate(GROWN)


def digits_of_one_writer(text: str, writer: str = "tr27") -> list[list[np.ndarray]]:
    """The strokes of each digit; its left edge is at 0, its height is 1, its middle at 0."""
    drawings = {
        digit.label: digit.drawing for digit in pen_digits("development") if digit.writer == writer
    }
    return [at_left(drawings[int(label)]) for label in text]


def at_left(strokes: list[np.ndarray]) -> list[np.ndarray]:
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    middle = np.array([low[0], (low[1] + high[1]) / 2])
    return [(stroke - middle) / (high - low)[1] for stroke in strokes]


def write_digit(
    visitor: Visitor, strokes: list[np.ndarray], *, left: float, middle: float = 0.5, step: int = 3
) -> None:
    """At this place on the paper, in sides of the empty pad, which may grow after each stroke."""
    for stroke in strokes:
        side = paper_side(visitor)
        points = [
            ((left + HEIGHT * float(x)) / side, 0.5 + (middle - 0.5 + HEIGHT * float(y)) / side)
            for x, y in stroke
        ]
        visitor.line(*points[:-1:step], points[-1])
        if np.max(points) > EDGE:
            wait_for_growth(visitor)


def write_number(visitor: Visitor, text: str, *, start: float = 0.1, step: int = 3) -> None:
    """From left to right on the pad, each digit when there is room for it."""
    left = start
    for strokes in digits_of_one_writer(text):
        write_digit(visitor, strokes, left=left, step=step)
        left += HEIGHT * float(np.concatenate(strokes)[:, 0].max()) + GAP
