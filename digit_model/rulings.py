"""Printed lines on paper, ruled or squared: found, and taken out of a photograph."""

import cv2
import numpy as np

# Fractions of the picture's longer side: lines are thinner than the first and no shorter than the
# second, in pieces no shorter than the third, as no camera is held quite level.
THICKEST = 0.02
SHORTEST = 0.6
PIECE = 0.25
# What is left of their slope makes them so high at most, as a fraction of the picture's height.
HIGHEST = 0.15
# Slopes that are tried, rise over run.
SLOPES = np.linspace(-0.16, 0.16, 33)
COARSE_SIDE = 160  # pixels, longest side of the picture in which they are
# How far a piece may stray from a straight line, in pixels to either side.
STRAY = 2
FAINTEST = 4  # grey levels by which a line differs from its paper


def drop_rulings(grey: np.ndarray) -> np.ndarray:
    """A photograph of dark ink on light paper, uint8 (h, w), without the lines printed on it.

    A line is lightened by as much as it is darker than its paper everywhere along a piece of it, so
    that the strokes which cross it stay. A picture without lines comes back as it is.
    """
    width = max(3, round(THICKEST * max(grey.shape)))
    thin = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, np.ones((width, width), np.uint8))
    across, along = _lines(thin), _lines(np.ascontiguousarray(thin.T))
    lines = [part for part in (across, None if along is None else along.T) if part is not None]
    for part in lines:
        grey = cv2.add(grey, np.minimum(np.ascontiguousarray(part), thin))
    return grey


def _lines(thin: np.ndarray) -> np.ndarray | None:
    """How dark the nearly level lines among the thin structures are: uint8 (h, w); None: no lines.

    Each is as dark as its lightest place within a piece.
    """
    rows, columns = thin.shape
    slope = _slope(thin)
    level = _shear(thin, slope)
    wide = cv2.dilate(level, np.ones((2 * STRAY + 1, 1), np.uint8))
    piece = np.ones((1, max(3, round(PIECE * max(thin.shape)))), np.uint8)
    lines = cv2.morphologyEx(wide, cv2.MORPH_OPEN, piece)
    found = (lines >= FAINTEST).view(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(found)
    long = stats[:, cv2.CC_STAT_WIDTH] >= SHORTEST * columns
    long &= stats[:, cv2.CC_STAT_HEIGHT] <= HIGHEST * rows  # no texture all over the sheet
    long[0] = False  # the paper
    if not long.any():
        return None
    return _shear(np.where(long[labels], lines, np.uint8(0)), -slope)


def _slope(thin: np.ndarray) -> float:
    """The slope along which the structures gather in the fewest rows."""
    shrunk = max(1, max(thin.shape) // COARSE_SIDE)
    size = (max(1, thin.shape[1] // shrunk), max(1, thin.shape[0] // shrunk))
    coarse = cv2.resize(thin, size, interpolation=cv2.INTER_AREA)
    gathered = [
        float((_shear(coarse, slope).mean(axis=1, dtype=np.float64) ** 2).sum()) for slope in SLOPES
    ]
    return float(SLOPES[int(np.argmax(gathered))])


def _shear(picture: np.ndarray, slope: float) -> np.ndarray:
    """Each column moved up by ``slope`` times its distance from the middle one."""
    rows, columns = picture.shape
    matrix = np.array([[1.0, 0.0, 0.0], [-slope, 1.0, slope * (columns - 1) / 2]])
    return cv2.warpAffine(picture, matrix, (columns, rows), borderMode=cv2.BORDER_REPLICATE)
