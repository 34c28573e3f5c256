"""Looks at a part of a picture, at the size that the ink network is trained on."""

import cv2
import numpy as np

from digit_model.architectures import GRAIN

Window = tuple[int, int, int, int]  # left, top, right and bottom, in pixels of the picture

LOOK_SIDE = 160  # pixels, longer side of what the network sees in its first look
# Pixels, shorter side of it at least, or digits on a strip of paper vanish; longer side at most.
LEAST_SIDE, LARGEST_LOOK = 64, 640


def look(rgb: np.ndarray, window: Window, look_side: int = LOOK_SIDE) -> np.ndarray:
    """A part of a picture, shrunk or enlarged: uint8 (H, W, 3) → uint8 (h, w, 3).

    Its sides are multiples of ``GRAIN`` next to its proportions: the longer one ``look_side``, or
    more, up to ``LARGEST_LOOK``, where the shorter one would be below ``LEAST_SIDE``.
    """
    left, top, right, bottom = window
    sides = right - left, bottom - top
    scale = max(look_side / max(sides), min(LEAST_SIDE / min(sides), LARGEST_LOOK / max(sides)))
    columns, rows = (max(GRAIN, GRAIN * round(side * scale / GRAIN)) for side in sides)
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return cv2.resize(rgb[top:bottom, left:right], (columns, rows), interpolation=method)


def around(box: Window, share: float, shape: tuple[int, ...]) -> Window:
    """The square around a box, ``share`` times its longer side, as far as the picture reaches."""
    left, top, right, bottom = box
    half = share * max(right - left, bottom - top) / 2
    x, y = (left + right) / 2, (top + bottom) / 2
    low = max(0, round(x - half)), max(0, round(y - half))
    return *low, min(shape[1], round(x + half)), min(shape[0], round(y + half))
