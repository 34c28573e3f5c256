"""Test conditions for drawings: position, size, pen width, and colours of ink and background."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from digit_model.data.rendering import render
from digit_model.data.strokes import Drawing

CANVAS = 280  # pixels, side of the picture that the sketchpad sends
Style = Literal["white on black", "black on white", "black on transparent"]
STYLES: tuple[Style, ...] = get_args(Style)


@dataclass(frozen=True)
class Condition:
    """How a drawing is placed on the canvas.

    Heights are ranges of fractions of the canvas's side, pen widths of the digit's height.
    """

    name: str
    height: tuple[float, float]
    pen_width: tuple[float, float]
    centred: bool


CONDITIONS = (
    Condition("centred", (0.6, 0.7), (0.06, 0.10), True),
    Condition("anywhere", (0.35, 0.55), (0.06, 0.12), False),
    Condition("small", (0.15, 0.22), (0.08, 0.14), False),
    Condition("large", (0.90, 0.95), (0.05, 0.10), True),
    Condition("thin", (0.5, 0.7), (0.015, 0.025), False),
    Condition("thick", (0.5, 0.7), (0.18, 0.25), False),
)


def draw(
    drawing: Drawing, condition: Condition, style: Style, rng: np.random.Generator
) -> np.ndarray:
    """A drawing under a condition: uint8 (280, 280), or (280, 280, 4) when transparent."""
    height = rng.uniform(*condition.height)
    margin = (1 - height) / 2
    centre = (0.5, 0.5) if condition.centred else tuple(0.5 + rng.uniform(-margin, margin, size=2))
    ink = render(
        drawing,
        canvas=CANVAS,
        height=height,
        pen_width=rng.uniform(*condition.pen_width),
        centre=(float(centre[0]), float(centre[1])),
    )
    if style == "white on black":
        return ink
    if style == "black on white":
        return 255 - ink
    return np.dstack([np.zeros((CANVAS, CANVAS, 3), np.uint8), ink])
