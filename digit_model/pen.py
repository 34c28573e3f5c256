"""A pen's strokes on pictures."""

import cv2
import numpy as np

SUBPIXEL_BITS = 4  # fractional bits of the coordinates given to cv2: 1/16 pixel


def draw_stroke(image: np.ndarray, points: np.ndarray, width: float) -> None:
    """Draw a stroke of a round pen, anti-aliased, on uint8 (h, w): 255 = covered.

    Args:
        image: changed in place.
        points: float (k, 2), x and y in pixels, from the corner of the first one.
        width: of the pen, pixels; 1 at least.
    """
    thickness = max(1, round(width))
    cv2.polylines(image, [_subpixels(points)], False, 255, thickness, cv2.LINE_AA, SUBPIXEL_BITS)


def draw_dot(image: np.ndarray, point: np.ndarray, width: float) -> None:
    """Draw a dot of such a pen; ``point``: float (2,)."""
    radius = round(width / 2 * (1 << SUBPIXEL_BITS))
    at = _subpixels(point).tolist()
    cv2.circle(image, at, radius, 255, -1, cv2.LINE_AA, SUBPIXEL_BITS)


def _subpixels(points: np.ndarray) -> np.ndarray:
    return np.rint((points - 0.5) * (1 << SUBPIXEL_BITS)).astype(np.int32)
