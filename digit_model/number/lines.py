"""Marks → the lines of a number, each from left to right."""

import numpy as np

# Lines are cut where no digit's middle is for so long, in heights of a digit, when they are level.
LINE_PITCH = 0.65
SLOPES = np.linspace(-0.24, 0.24, 13)  # of lines
# What a line costs in comparison with the deviation of its digits, in their heights, and its slope.
DEVIATION, SLOPE = 4.0, 2.0
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
    """Boxes (n, 4) → the indices of each line's, from left to right; lines from top to bottom.

    Of all slopes that lines may have, the one at which they are few, straight and fairly level.
    """
    if not len(boxes):
        return []
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    digit = max(float(np.median(boxes[:, 3] - boxes[:, 1])), 1.0)
    lines: list[np.ndarray] = []
    least = np.inf
    for slope in SLOPES:
        height = (y - slope * x) / digit
        order = np.argsort(height, kind="stable")
        found = np.split(order, np.flatnonzero(np.diff(height[order]) > LINE_PITCH) + 1)
        spread = sum(float(np.square(height[line] - height[line].mean()).sum()) for line in found)
        cost = len(found) + DEVIATION * np.sqrt(spread / len(boxes)) + SLOPE * abs(slope)
        if cost < least:
            lines, least = found, cost
    return [line[np.argsort(x[line], kind="stable")] for line in lines]
