"""Marks → the lines of a number, each from left to right.

Of all slopes of a page and all ways to cut its marks, sorted by their height on that slope, into
lines, the most probable one is found by dynamic programming. Lengths are in heights of a digit.
"""

import numpy as np

SLOPES = np.linspace(-0.3, 0.3, 21)  # of all lines together
# Standard deviations: of the slope of all lines, of each one's own, and of digits off their line.
COMMON_SLOPE, OWN_SLOPE, OFF_LINE = 0.07, 0.03, 0.17
LINE = 3.0  # what each line costs, as a negative logarithm
# Lines that are less far apart are as unlikely as a Gaussian of this standard deviation says.
PITCH, PITCH_DEVIATION = 1.0, 0.1
# How far a mark that is no digit is from a line's digits: across counts less than up and down.
ACROSS, DOWN = 0.3, 1.0


def lines_with_others(boxes: np.ndarray, is_digit: np.ndarray) -> list[list[int]]:
    """Boxes (n, 4), and which are digits' → the indices of each line's, from left to right.

    The digits make the lines; each other mark joins the nearest one.
    """
    indices = np.flatnonzero(is_digit)
    if not len(indices):
        return [line.tolist() for line in lines_of(boxes)]
    lines = [indices[line].tolist() for line in lines_of(boxes[indices])]
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    for other in np.flatnonzero(~is_digit):
        away = [min(np.abs(middle[line] - middle[other]) @ (ACROSS, DOWN)) for line in lines]
        lines[int(np.argmin(away))].append(int(other))
    return [sorted(line, key=lambda index: float(middle[index, 0])) for line in lines]


def lines_of(boxes: np.ndarray) -> list[np.ndarray]:
    """Boxes (n, 4) → the indices of each line's, from left to right; lines from top to bottom."""
    if not len(boxes):
        return []
    heights = boxes[:, 3] - boxes[:, 1]
    digit = max(float(np.median(heights)), 1.0)
    middle = (boxes[:, :2] + boxes[:, 2:]).astype(np.float64) / (2 * digit)
    x, y = (middle - middle.mean(axis=0)).T
    # One that is higher or lower may stand on the line or hang from it.
    precision = 1 / (OFF_LINE**2 + np.square((heights / digit - 1) / 2))
    levels = y - SLOPES[:, None] * x
    order = np.argsort(levels, axis=1, kind="stable")
    sorted_levels = np.take_along_axis(levels, order, axis=1)
    costs, starts = _cut(x[order], sorted_levels, precision[order])
    best = int((costs + np.square(SLOPES / COMMON_SLOPE) / 2).argmin())
    lines, end = [], len(boxes)
    while end:
        start = int(starts[best, end])
        line = order[best, start:end]
        lines.append(line[np.argsort(x[line], kind="stable")])
        end = start
    return lines[::-1]


def _cut(x: np.ndarray, levels: np.ndarray, precision: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best lines at each slope.

    Args:
        x, levels: float64 (slopes, n), where the marks are, from the upmost to the lowest one.
        precision: float64 (slopes, n), 1 / variance of their distances from their lines.

    Returns:
        What the lines cost at each slope, (slopes,), and where the line starts that ends before the
        j-th mark if it is the last one, int (slopes, n + 1).
    """
    slopes, count = x.shape
    moments = precision * [np.ones_like(x), x, levels, x * x, x * levels, levels * levels]
    sums = np.concatenate([np.zeros((6, slopes, 1)), moments.cumsum(axis=2)], axis=2)
    costs, last = np.zeros((2, slopes, count + 1))  # of all lines; the level of the last one
    last[:, 0] = -np.inf
    starts = np.zeros((slopes, count + 1), np.intp)
    every = np.arange(slopes)
    for end in range(1, count + 1):
        # A line from each start to here: a straight one, of nearly the common slope.
        total, sx, sy, sxx, sxy, syy = sums[:, :, end, None] - sums[:, :, :end]
        level = sy / total
        covariance = sxy - sx * level
        spread = sxx - sx * sx / total + 1 / OWN_SLOPE**2
        residue = np.maximum(syy - sy * level - covariance**2 / spread, 0)
        too_near = np.maximum(PITCH - (level - last[:, :end]), 0) / PITCH_DEVIATION
        cost = costs[:, :end] + LINE + (residue + np.square(too_near)) / 2
        start = cost.argmin(axis=1)
        starts[:, end] = start
        costs[:, end], last[:, end] = cost[every, start], level[every, start]
    return costs[:, -1], starts
