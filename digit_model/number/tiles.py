"""The ink network on large looks, tile by tile.

It is trained on looks of 160×160 pixels. In the middle of larger ones, farther from all edges than
it has ever seen anything, it tends to miss digits.
"""

import itertools
import math

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
    for area in itertools.product(_spans(rows), _spans(columns)):
        found = find_ink(np.ascontiguousarray(picture[area]))
        weight = np.outer(*map(_distances, found.shape))
        total[area] += weight * found
        weights[area] += weight
    return total / weights


def _spans(side: int) -> list[slice]:
    """The tiles along a side: as few as may be, no longer than they have to be, evenly spaced.

    Their ends are multiples of ``GRAIN``, as the side is.
    """
    count = max(1, math.ceil((side - OVERLAP) / (SIDE - OVERLAP)))
    length = GRAIN * math.ceil((side + (count - 1) * OVERLAP) / count / GRAIN)
    starts = GRAIN * np.linspace(0, (side - length) // GRAIN, count).round().astype(int)
    return [slice(start, start + length) for start in starts.tolist()]


def _distances(side: int) -> np.ndarray:
    """Of each pixel from the nearer edge, in overlaps, at most 1: float32 (side,)."""
    nearer = np.minimum(np.arange(side), np.arange(side)[::-1]) + 0.5
    return np.asarray(np.minimum(nearer / OVERLAP, 1), np.float32)
