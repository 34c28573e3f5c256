"""The ink network on large looks, tile by tile.

It is trained on looks of 160×160 pixels. In the middle of larger ones, farther from all edges than
it has ever seen anything, it tends to miss digits.
"""

import numpy as np

from digit_model.architectures import GRAIN
from digit_model.ink.extract import FindInk

SIDE = 176  # pixels, of a tile at most
OVERLAP = 32  # pixels, at least, of neighbours: what is near a tile's edge counts less


def find_in_tiles(picture: np.ndarray, find_ink: FindInk) -> np.ndarray:
    """Ink of a look, uint8 (h, w, 3) → float32 (h, w) in [0, 1], at any size.

    Where tiles overlap it is their mean, weighted by the distance from their edges.
    """
    rows, columns = picture.shape[:2]
    total, weights = np.zeros((2, rows, columns), np.float32)
    for y in _starts(rows):
        for x in _starts(columns):
            area = slice(y, y + SIDE), slice(x, x + SIDE)
            found = find_ink(np.ascontiguousarray(picture[area]))
            weight = np.outer(*map(_distances, found.shape))
            total[area] += weight * found
            weights[area] += weight
    return total / weights


def _starts(side: int) -> list[int]:
    """Where tiles start along a side, multiples of ``GRAIN``: evenly, from end to end."""
    last = max(0, side - SIDE)
    steps = -(-last // (SIDE - OVERLAP))
    return [GRAIN * int(start) for start in np.linspace(0, last // GRAIN, steps + 1).round()]


def _distances(side: int) -> np.ndarray:
    """Of each pixel from the nearer edge, in overlaps, at most 1: float32 (side,)."""
    nearer = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    return np.asarray(np.minimum(nearer / OVERLAP, 1), np.float32)
