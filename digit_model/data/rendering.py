"""Pen strokes drawn as pictures, and random variations of strokes."""

import cv2
import numpy as np

from digit_model.data.strokes import Drawing, unit_drawing
from digit_model.pen import draw_dot, draw_stroke


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
        height: the drawing's longer side, pen width included, as a fraction of the canvas's side.
        pen_width: as a fraction of the drawing's longer side.
        centre: position of the drawing's centre (x, y), as fractions of the canvas's side.
        pressure: float (k,), factors on the pen width, interpolated along each stroke.

    Returns:
        uint8 (canvas, canvas), 255 = ink on 0 = paper, anti-aliased.
    """
    side = height * canvas
    pen = max(1.0, pen_width * side)
    scale = max(side - pen, 1.0)  # pixels per unit of the drawing
    image = np.zeros((canvas, canvas), np.uint8)
    for stroke in drawing:
        points = stroke * scale + np.array(centre, np.float32) * canvas
        if len(points) == 1:
            draw_dot(image, points[0], pen)
        elif pressure is None:
            draw_stroke(image, points, pen)
        else:
            widths = np.interp(
                np.linspace(0, 1, len(points) - 1), np.linspace(0, 1, len(pressure)), pressure
            )
            for start, width in enumerate(widths * pen):
                draw_stroke(image, points[start : start + 2], width)
    return image


def render_pixels(drawing: Drawing, *, height: int, pen_width: int, margin: int) -> np.ndarray:
    """Draw strokes pixel by pixel, as on the canvas of a pixel editor, without anti-aliasing.

    Args:
        drawing: in the unit box.
        height: the drawing's longer side, pen width included, pixels.
        pen_width: pixels.
        margin: empty pixels on each side.

    Returns:
        uint8 (height + 2 · margin, the same), 255 = ink on 0 = paper.
    """
    image = np.zeros((height + 2 * margin,) * 2, np.uint8)
    for stroke in drawing:
        points = np.rint(stroke * (height - pen_width) + (len(image) - 1) / 2).astype(np.int32)
        cv2.polylines(image, [points], False, 255, pen_width, cv2.LINE_4)
    return image


def vary_strokes(drawing: Drawing, rng: np.random.Generator, *, strength: float = 1.0) -> Drawing:
    """A random variation of a drawing, as if the same person had written it again.

    Rotation, slant, stretch and perspective of the whole; smooth noise along each stroke; a small
    shift of each stroke after the first. ``strength`` scales all of them; 0 is the identity.
    """
    rotation, slant = rng.normal(0, 0.10 * strength), rng.normal(0, 0.15 * strength)
    stretch = np.exp(rng.normal(0, 0.14 * strength))
    cos, sin = np.cos(rotation), np.sin(rotation)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[stretch, slant], [0, 1 / stretch]])
    perspective = rng.normal(0, 0.12 * strength, size=2)
    noise = abs(rng.normal(0, 0.012 * strength))  # standard deviation
    varied = []
    for index, stroke in enumerate(drawing):
        points = stroke * (1.0 + stroke @ perspective)[:, None] @ matrix.T
        points = points + _smooth_noise(len(points), rng) * noise
        if index:
            points = points + rng.normal(0, 0.02 * strength, size=2)
        varied.append(points.astype(np.float32))
    return unit_drawing(varied) if strength else drawing


def quantize_like_mouse(drawing: Drawing, rng: np.random.Generator) -> Drawing:
    """A drawing as a mouse or a slow page records it: few points, on a coarse grid.

    Takes and returns a drawing in the unit box. Keeps every first to fifth point of each stroke;
    the grid has 16 to 100 steps per unit.
    """
    stride, steps = int(rng.integers(1, 6)), np.exp(rng.uniform(np.log(16), np.log(100)))
    return [
        (np.rint(np.concatenate([stroke[:-1:stride], stroke[-1:]]) * steps) / steps).astype(
            np.float32
        )
        for stroke in drawing
    ]


def _smooth_noise(count: int, rng: np.random.Generator) -> np.ndarray:
    """float (count, 2): normal noise, drawn for about every eighth point and interpolated."""
    coarse = rng.normal(size=(max(2, count // 8 + 2), 2))
    positions = np.linspace(0, len(coarse) - 1, count)
    return np.stack(
        [np.interp(positions, np.arange(len(coarse)), coarse[:, axis]) for axis in (0, 1)], axis=1
    )
