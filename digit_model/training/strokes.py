"""Pen strokes: the real ones on disk, their variations, and a renderer that draws them.

A drawing is a list of strokes; a stroke is a float32 array (n, 2) of x, y positions, y growing
downward, in any unit. :func:`unit_drawing` brings a drawing to the unit box that the other
functions work in: the longer side is 1 and the middle lies at (0, 0).
"""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

Drawing = list[np.ndarray]

STROKES_FILE = Path(__file__).parents[2] / "data" / "pendigits_train.jsonl.gz"
# Whole writers kept out of training: the temperature and the thresholds are set on them.
HELD_OUT_WRITERS = frozenset({"tr26", "tr27", "tr28", "tr29", "tr30"})
SUBPIXEL_BITS = 4  # cv2 draws at 1/16 pixel


@dataclass(frozen=True)
class Strokes:
    """One digit as somebody wrote it."""

    label: int
    writer: str
    drawing: Drawing


def load_strokes(path: Path = STROKES_FILE) -> list[Strokes]:
    """Read gzipped JSON lines of ``{"label", "writer", "strokes": [[[x, y], …], …]}``.

    Source: UCI "Pen-Based Recognition of Handwritten Digits" (Alpaydin and Alimoglu, 1998),
    CC BY 4.0: 7,494 digits by 30 writers.
    """
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return [
        Strokes(
            label=row["label"],
            writer=row["writer"],
            drawing=unit_drawing([np.array(stroke, np.float32) for stroke in row["strokes"]]),
        )
        for row in rows
    ]


def unit_drawing(drawing: Drawing) -> Drawing:
    """The drawing moved and scaled so that its box is centred on (0, 0) with a longer side of 1."""
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) or 1.0
    return [((stroke - (low + high) / 2) / side).astype(np.float32) for stroke in drawing]


def render(
    drawing: Drawing,
    *,
    canvas: int = 280,
    height: float = 0.6,
    pen_width: float = 0.08,
    centre: tuple[float, float] = (0.5, 0.5),
    pressure: np.ndarray | None = None,
) -> np.ndarray:
    """Draw strokes with a round pen.

    Args:
        drawing: in the unit box.
        canvas: side of the square picture, pixels.
        height: the drawing's longer side, pen included, as a fraction of the canvas's.
        pen_width: as a fraction of that longer side.
        centre: where the drawing's middle goes, as fractions of the canvas.
        pressure: factors on the pen's width, spread evenly over each stroke's points.

    Returns:
        uint8 (canvas, canvas), 255 = ink on 0 = paper, anti-aliased.
    """
    side = height * canvas
    pen = max(1.0, pen_width * side)
    reach = max(side - pen, 1.0)
    one = 1 << SUBPIXEL_BITS
    image = np.zeros((canvas, canvas), np.uint8)
    for stroke in drawing:
        pixels = stroke * reach + np.array(centre, np.float32) * canvas - 0.5
        points = np.rint(pixels * one).astype(np.int32)
        if len(points) == 1:
            radius = round(pen / 2 * one)
            cv2.circle(image, points[0].tolist(), radius, 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)
        elif pressure is None:
            _draw(image, points, pen)
        else:
            widths = np.interp(
                np.linspace(0, 1, len(points) - 1), np.linspace(0, 1, len(pressure)), pressure
            )
            for start, width in enumerate(widths * pen):
                _draw(image, points[start : start + 2], width)
    return image


def _draw(image: np.ndarray, points: np.ndarray, width: float) -> None:
    thickness = max(1, round(width))
    cv2.polylines(image, [points], False, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)


def vary(drawing: Drawing, rng: np.random.Generator, *, strength: float = 1.0) -> Drawing:
    """Another way in which the same person could have written this.

    Slant, rotation, stretch and perspective of the whole; a smooth wobble along each stroke, as of
    an unsure hand or a mouse; each further stroke set down a little elsewhere. ``strength`` scales
    all of them; at 0 the drawing comes back as it was.
    """
    rotation, slant = rng.normal(0, 0.10 * strength), rng.normal(0, 0.15 * strength)
    stretch = np.exp(rng.normal(0, 0.14 * strength))
    cos, sin = np.cos(rotation), np.sin(rotation)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[stretch, slant], [0, 1 / stretch]])
    taper = rng.normal(0, 0.12 * strength, size=2)
    wobble = abs(rng.normal(0, 0.012 * strength))
    varied = []
    for index, stroke in enumerate(drawing):
        points = stroke * (1.0 + stroke @ taper)[:, None] @ matrix.T
        points = points + _smooth_noise(len(points), rng) * wobble
        if index:
            points = points + rng.normal(0, 0.02 * strength, size=2)
        varied.append(points.astype(np.float32))
    return unit_drawing(varied) if strength else drawing


def by_mouse(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """As a mouse or a slow page records it: few positions, joined by straight lines, on a grid.

    Takes and returns a drawing in the unit box; the grid has 16 to 100 steps along its side.
    """
    every, steps = int(rng.integers(1, 6)), np.exp(rng.uniform(np.log(16), np.log(100)))
    return [
        (np.rint(np.concatenate([stroke[:-1:every], stroke[-1:]]) * steps) / steps).astype(
            np.float32
        )
        for stroke in drawing
    ]


def _smooth_noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, 2) of unit variance, its knots some eight points apart."""
    knots = rng.normal(size=(max(2, count // 8 + 2), 2))
    at = np.linspace(0, len(knots) - 1, count)
    return np.stack(
        [np.interp(at, np.arange(len(knots)), knots[:, axis]) for axis in (0, 1)], axis=1
    )
