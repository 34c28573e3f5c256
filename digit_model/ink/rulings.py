"""Printed lines on paper, ruled or squared: found, and taken out of a photograph."""

import cv2
import numpy as np

from digit_model.ink.marks import odd
from digit_model.ink.sheet import coarse

# Fractions of the picture's longer side: lines are thinner than the first, are seen in pieces no
# shorter than the second, as no camera is held quite level, and are followed across gaps of the
# third, where strokes cross them.
THICKEST = 0.02
PIECE = 0.25
GAP = 0.35
SHORTEST = 0.6  # of the picture's width, or height, that is seen of a line
# So many make a ruling. Fewer are one when they go from edge to edge, this fraction of the picture
# apart: a tall 1 does not.
SEVERAL = 3
FROM_EDGE_TO_EDGE = 0.97
# What is left of their slope spreads each over so many rows, as a fraction of the picture's.
SPREAD = 0.012
# Slopes that are tried, rise over run.
SLOPES = np.linspace(-0.16, 0.16, 33)
# How far a piece may stray from a straight line, in pixels to either side.
STRAY = 2
FAINTEST = 4  # grey levels by which a line differs from its paper


def drop_rulings(grey: np.ndarray) -> np.ndarray:
    """A photograph of dark ink on light paper, uint8 (h, w), without the lines printed on it.

    A line is lightened by as much as it is darker than its paper everywhere along a piece of it, so
    that the strokes which cross it stay. A picture without lines comes back as it is.
    """
    width = odd(THICKEST * max(grey.shape))
    thin = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((width, width), np.uint8))
    level, upright = _lines(thin), _lines(np.ascontiguousarray(thin.T)).T
    return cv2.add(grey, np.minimum(np.maximum(level, upright), thin))


def _lines(thin: np.ndarray) -> np.ndarray:
    """How dark the nearly level lines among the thin structures are: uint8 (h, w).

    Each is as dark as its lightest place within a piece.
    """
    rows, columns = thin.shape
    slope = _slope(thin)
    level = _shear(thin, slope)
    wide = cv2.dilate(level, np.ones((2 * STRAY + 1, 1), np.uint8))
    side = max(thin.shape)
    piece = np.ones((1, odd(PIECE * side)), np.uint8)
    lines = cv2.morphologyEx(wide, cv2.MORPH_OPEN, piece)
    found = (lines >= FAINTEST).view(np.uint8)
    spread = cv2.dilate(found, np.ones((2 * max(1, round(SPREAD * rows)) + 1, 1), np.uint8))
    ruled = np.zeros(rows, bool)
    runs = _runs(spread.mean(axis=1) >= SHORTEST)
    for run in runs:
        seen = np.flatnonzero(spread[run].any(axis=0))
        ruled[run] = len(runs) >= SEVERAL or np.ptp(seen) >= FROM_EDGE_TO_EDGE * (columns - 1)
    if not ruled.any():
        return np.zeros_like(thin)
    gap = np.ones((1, odd(GAP * side)), np.uint8)
    whole = cv2.morphologyEx(np.where(ruled[:, None], lines, np.uint8(0)), cv2.MORPH_CLOSE, gap)
    return _shear(whole, -slope)


def _runs(chosen: np.ndarray) -> list[slice]:
    """The stretches of neighbouring rows that are chosen, bool (n,)."""
    edges = np.flatnonzero(np.diff(chosen.astype(np.int8), prepend=0, append=0))
    return [slice(start, end) for start, end in edges.reshape(-1, 2).tolist()]


def _slope(thin: np.ndarray) -> float:
    """The slope along which the structures gather in the fewest rows."""
    small = coarse(thin)
    gathered = [
        float((_shear(small, slope).mean(axis=1, dtype=np.float64) ** 2).sum()) for slope in SLOPES
    ]
    return float(SLOPES[int(np.argmax(gathered))])


def _shear(picture: np.ndarray, slope: float) -> np.ndarray:
    """Each column moved up by ``slope`` times its distance from the middle one."""
    rows, columns = picture.shape
    matrix = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * (columns - 1) / 2]])
    return cv2.warpAffine(picture, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
