"""Pen strokes drawn as pictures, and varied as another hand or a mouse would."""

import cv2
import numpy as np

from digit_model.data.strokes import Drawing, unit_drawing

SUBPIXEL_BITS = 4  # cv2 draws at 1/16 pixel


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


def vary_strokes(drawing: Drawing, rng: np.random.Generator, *, strength: float = 1.0) -> Drawing:
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


def quantize_like_mouse(drawing: Drawing, rng: np.random.Generator) -> Drawing:
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
