"""Which group of the marks in a photograph is the digit."""

import cv2
import numpy as np

from digit_model.ink.marks import (
    MOST_MARKS,
    border,
    filled,
    gaps,
    is_rectangular,
    is_wide,
    keep_components,
    mark_mask,
)

# Two marks are of one group when they are nearer than this fraction of the larger one's longer
# side; one above the other, as the hat of a 5, they may be farther apart.
BESIDE, ABOVE = 0.12, 0.22
# Marks beside each other, none less than this fraction of the other's height, are a number.
NUMBER = 0.6
ALIKE = 0.5  # and their scores differ by no more than this factor
# No digit is so many times as wide as it is high; a line of text is.
WIDEST = 3.0
# A line under the digit is so many times as wide as high, and its middle as far below all else as
# this fraction of the height of that; the base of a 1 is nearer.
UNDERLINE, BELOW = 3.0, 0.07
# A group counts for less with its distance from the picture's middle, as a Gaussian of this
# standard deviation in longer sides, and much less when the picture's edge cuts it off.
CENTRAL = 0.3
CUT_OFF = 0.2
LABEL_INKED = 0.3  # of its box, at least, on a label of any tilt that leaves a digit out
# A mark within another one's box, and at least this fraction of its height: not the dot in a 0.
ENCLOSED = 0.15


def is_plain(ink: np.ndarray) -> bool:
    """Whether the marks of the ink are nothing but a digit's: one, or one group, of strokes.

    A wide rectangle may be a label with the digit left out; among several at the picture's edge may
    be a toolbar; one around another may be a ring or a box.
    """
    marks = mark_mask(ink)
    _, _, width, height = cv2.boundingRect(marks)
    if marks.sum() > LABEL_INKED * width * height:  # not so in thin strokes, which saves time
        whole = filled(marks)
        if is_wide(whole) and is_rectangular(whole):
            return False
    count, _, stats, _ = cv2.connectedComponentsWithStats(marks)
    if count <= 2:
        return True
    largest = stats[1:][np.argsort(-stats[1:, 4], kind="stable")[:MOST_MARKS]]
    left, top, width, height, _ = largest.T
    right, bottom = left + width, top + height
    within = (left[:, None] < left) & (right[:, None] > right)
    within &= (top[:, None] < top) & (bottom[:, None] > bottom)
    within &= height >= ENCLOSED * height[:, None]
    return not border(marks).any() and not within.any() and int(_groups(largest).max()) == 0


def choose_digit(ink: np.ndarray) -> np.ndarray:
    """Of several groups of marks the one that is most likely the digit. Same shape, same range.

    What lies at the picture's edge, or is far too wide, is a neighbour, a finger or a line of
    print. Two that stand beside each other and are about as high are both kept: a number is no
    digit, and whoever sees the ink should know.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mark_mask(ink))
    if count <= 2:
        return ink
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    order = 1 + np.argsort(-mass[1:], kind="stable")[:MOST_MARKS]
    groups = _groups(stats[order])
    boxes = np.stack([_box(stats[order[groups == group]]) for group in range(groups.max() + 1)])
    weights = np.bincount(groups, weights=mass[order])
    scores = _scores(boxes, weights, ink.shape)
    best = int(scores.argmax())
    chosen = [best, *_in_a_number(boxes, scores, best)]
    belongs = np.isin(groups, chosen)
    belongs[belongs] = ~_underlines(stats[order[belongs]])
    kept = np.zeros(count, bool)
    kept[order[belongs]] = True
    return keep_components(ink, labels, kept)


def _box(stats: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom of all of these components together."""
    left, top, width, height = stats[:, :4].T
    return np.array([left.min(), top.min(), (left + width).max(), (top + height).max()])


def _groups(stats: np.ndarray) -> np.ndarray:
    """The number of each component's group, int (n,), from 0."""
    left, top, width, height = stats[:, :4].T.astype(np.int64)
    beside, above = gaps(left, left + width), gaps(top, top + height)
    side = np.maximum(width, height)
    larger = np.maximum(side[:, None], side)
    reach = np.where(beside < 0, ABOVE, BESIDE) * larger
    linked = np.maximum(beside, above) < reach
    groups = np.arange(len(stats))
    while True:
        lowest = np.where(linked, groups, len(stats)).min(axis=1)
        if np.array_equal(lowest, groups):
            return np.unique(groups, return_inverse=True)[1]
        groups = lowest


def _scores(boxes: np.ndarray, weights: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """How likely each group is the digit, float (n,) ≥ 0: much ink, in the middle, not cut off."""
    left, top, right, bottom = boxes.T
    rows, columns = shape
    side = max(shape)
    away = np.hypot((left + right - columns) / 2, (top + bottom - rows) / 2) / side
    scores = np.sqrt(weights) * np.exp(-0.5 * (away / CENTRAL) ** 2)
    cut_off = (left <= 1) | (top <= 1) | (right >= columns - 1) | (bottom >= rows - 1)
    too_wide = right - left > WIDEST * (bottom - top)
    return scores * np.where(cut_off | too_wide, CUT_OFF, 1.0)


def _underlines(stats: np.ndarray) -> np.ndarray:
    """Which of a digit's components is a line drawn under it: bool (n,)."""
    _, top, width, height = stats[:, :4].T
    underline = np.zeros(len(stats), bool)
    lowest = int(top.argmax())
    others = np.arange(len(stats)) != lowest
    if others.any() and width[lowest] > UNDERLINE * height[lowest]:
        bottom = (top + height)[others].max()
        middle = top[lowest] + height[lowest] / 2
        underline[lowest] = middle - bottom > BELOW * (bottom - top[others].min())
    return underline


def _in_a_number(boxes: np.ndarray, scores: np.ndarray, best: int) -> list[int]:
    """The groups that stand beside the best one as another digit of the same number would."""
    _, top, _, bottom = boxes.T
    height = bottom - top
    overlap = np.minimum(bottom, bottom[best]) - np.maximum(top, top[best])
    beside = overlap > NUMBER * np.maximum(height, height[best])
    return [
        int(group)
        for group in np.flatnonzero(beside & (scores > ALIKE * scores[best]))
        if group != best
    ]
