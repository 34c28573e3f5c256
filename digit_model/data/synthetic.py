"""Synthetic digits in allographs: ways of writing a digit that the recorded writers rarely use.

:mod:`digit_model.data.allographs` lists them; this module draws one as strokes.
"""

import numpy as np

from digit_model.data.allographs import ALLOGRAPHS, Stroke, plain_one
from digit_model.data.one_or_seven import draw_figure, random_figure
from digit_model.data.rendering import vary_strokes
from digit_model.data.strokes import Drawing, unit_drawing

POINT_NOISE = 0.03  # scale of the noise on each point, in units of the digit's height
SPLINE_STEPS = 10  # segments between two control points
FLAGGED_SHARE = 0.5  # of ones and sevens
FLAGGED_VARIATION = 0.4  # of these: their label depends on angles
PLAIN_VARIATION = 0.3  # of ones that would else be slashes
ANGULAR_SHARE = 0.08  # of the others: straight lines only, as drawn with a mouse or in pixels


def draw_allograph(label: int, rng: np.random.Generator) -> Drawing:
    """A digit in a random one of its allographs, as a drawing in the unit box."""
    if label in (1, 7) and rng.random() < FLAGGED_SHARE:
        return draw_flagged(label, rng)
    allographs = ALLOGRAPHS[label]
    strokes = allographs[rng.integers(len(allographs))](rng)
    if rng.random() < ANGULAR_SHARE:
        strokes = [(points, False) for points, _ in strokes]
    noise = abs(rng.normal(0, POINT_NOISE))  # standard deviation, another one for each digit
    width = rng.uniform(0.5, 0.95)
    return vary_strokes(trace(strokes, rng, noise, width), rng)


def draw_flagged(label: int, rng: np.random.Generator) -> Drawing:
    """A 1 with a flag, or a 7, of :mod:`digit_model.data.one_or_seven`, in the unit box."""
    strokes = draw_figure(random_figure(label, rng), rng)
    return vary_strokes(trace(strokes, rng), rng, strength=FLAGGED_VARIATION)


def draw_plain_one(rng: np.random.Generator) -> Drawing:
    """A 1 without a flag, in the unit box; how far it leans is mostly the hand's slant."""
    return vary_strokes(trace(plain_one(rng), rng), rng, strength=PLAIN_VARIATION)


def trace(
    strokes: list[Stroke], rng: np.random.Generator, noise: float = 0.0, width: float = 1.0
) -> Drawing:
    """The paths through points with so much noise, so many times as wide, in the unit box."""
    paths = [
        interpolate(np.array(points) + rng.normal(0, noise, (len(points), 2)), curved=curved)
        for points, curved in strokes
    ]
    return unit_drawing([path * (width, 1.0) for path in paths])


def scribble(rng: np.random.Generator, fewest: int = 4) -> np.ndarray:
    """Points of a scribble, at least so many and 21 at most: (n, 2), wider or higher."""
    return rng.normal(size=(rng.integers(fewest, 22), 2)) * rng.uniform(0.3, 1.0, 2)


def interpolate(points: np.ndarray, *, curved: bool) -> np.ndarray:
    """Points (n, 2) → a path (m, 2) through them, a Catmull-Rom spline or straight lines."""
    if not curved or len(points) < 3:
        steps = np.linspace(0, len(points) - 1, (len(points) - 1) * SPLINE_STEPS + 1)
        return np.stack(
            [np.interp(steps, np.arange(len(points)), points[:, axis]) for axis in (0, 1)], 1
        )
    padded = [2 * points[0] - points[1], *points, 2 * points[-1] - points[-2]]
    t = np.linspace(0, 1, SPLINE_STEPS, endpoint=False)[:, None]
    segments = [
        0.5
        * (
            2 * b
            + (c - a) * t
            + (2 * a - 5 * b + 4 * c - d) * t**2
            + (3 * b - a - 3 * c + d) * t**3
        )
        for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False)
    ]
    return np.concatenate([*segments, points[-1:]])
