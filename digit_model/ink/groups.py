"""Groups of marks that lie near each other, and which of them is the digit."""

from typing import NamedTuple

import cv2
import numpy as np

from digit_model.ink.marks import border, filled, is_rectangular, is_wide, mark_mask

# Marks are of one group when they are nearer than this fraction of the highest one's height.
REACH = 0.12
SPECK = 0.25  # of the heaviest group's longer side: groups with less are specks
# A group counts for less with its distance from the picture's middle, as a Gaussian of this
# standard deviation in longer sides, and much less when the picture's edge cuts it off.
CENTRAL = 0.3
CUT_OFF = 0.2
# Of the highest one's height, at least: a digit that is kept beside the chosen one, with as much of
# its score, too; and any other digit of a number, as in 10².
AS_HIGH, LOWEST = 0.5, 0.3


class Groups(NamedTuple):
    """n groups of marks.

    Attributes:
        labels: int32 (h, w), the group of each pixel and of those around it, from 1; 0 is paper.
        boxes: int (n, 4), left, top, right and bottom.
        weights: float (n,), sums of ink.
        nested: whether a mark lies within the box of the longest one.
    """

    labels: np.ndarray
    boxes: np.ndarray
    weights: np.ndarray
    nested: bool

    def keep(self, ink: np.ndarray, chosen: np.ndarray) -> np.ndarray:
        """The ink without that of the other groups and around them; chosen: bool (n,)."""
        return np.where(np.append(True, chosen)[self.labels], ink, np.float32(0))

    def but_specks(self) -> np.ndarray:
        """Which groups are too large for specks: bool (n,)."""
        sides = (self.boxes[:, 2:] - self.boxes[:, :2]).max(axis=1)
        return sides >= SPECK * sides[self.weights.argmax()]


def without_specks(ink: np.ndarray) -> np.ndarray:
    """All groups of marks but those of next to no ink. Same shape, same range."""
    groups = find_groups(ink)
    return ink if groups is None else groups.keep(ink, groups.but_specks())


def choose_digit(ink: np.ndarray) -> np.ndarray:
    """The group of marks that is most likely the digit. Same shape, same range.

    It has much ink, lies in the middle, and the picture's edge doesn't cut it off. With it are kept
    the groups that stand beside it as the other digits of a number do.
    """
    groups = find_groups(ink)
    if groups is None:
        return ink
    left, top, right, bottom = groups.boxes.T
    rows, columns = ink.shape
    away = np.hypot((left + right - columns) / 2, (top + bottom - rows) / 2) / max(ink.shape)
    scores = np.sqrt(groups.weights) * np.exp(-0.5 * (away / CENTRAL) ** 2)
    cut_off = (left <= 1) | (top <= 1) | (right >= columns - 1) | (bottom >= rows - 1)
    scores *= np.where(cut_off, CUT_OFF, 1.0)
    best, height = scores.argmax(), bottom - top
    shared = np.minimum(bottom, bottom[best]) - np.maximum(top, top[best])
    beside = shared >= AS_HIGH * np.maximum(height, height[best])
    return groups.keep(ink, beside & (scores >= AS_HIGH * scores[best]))


def is_plain(ink: np.ndarray) -> bool:
    """Whether a drawing's ink is nothing but one group of strokes, specks aside.

    A wide rectangle may be a label with the digit left out; marks at the picture's edge may be a
    toolbar; one around another may be a ring or a box.
    """
    marks = mark_mask(ink)
    whole = filled(marks)
    if is_wide(whole) and is_rectangular(whole):
        return False
    groups = find_groups(ink)
    if groups is None:
        return True
    return groups.but_specks().sum() == 1 and not groups.nested and not border(marks).any()


def are_several(ink: np.ndarray) -> bool:
    """Whether two marks or more are high enough to be digits, beside each other or not."""
    marks = mark_mask(ink)
    if cv2.connectedComponents(marks)[0] <= 2:  # as in find_groups
        return False
    heights = cv2.connectedComponentsWithStats(marks)[2][1:, cv2.CC_STAT_HEIGHT]
    return int((heights >= LOWEST * heights.max()).sum()) > 1


def find_groups(ink: np.ndarray) -> Groups | None:
    """The groups of the marks; None if there is one mark at the most."""
    marks = mark_mask(ink)
    if cv2.connectedComponents(marks)[0] <= 2:  # paper and one mark; a third of the time of …
        return None
    boxes = _boxes(cv2.connectedComponentsWithStats(marks)[2][1:])
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1)
    nested = np.sign(boxes - boxes[sides.argmax()]) == (1, 1, -1, -1)
    # Marks that are dilated by half the reach touch each other.
    half = max(1, round(REACH * (boxes[:, 3] - boxes[:, 1]).max() / 2))
    around = cv2.copyMakeBorder(marks, *(half,) * 4, cv2.BORDER_CONSTANT, value=0)
    around = cv2.dilate(around, np.ones((2 * half + 1, 2 * half + 1), np.uint8))
    _, labels, stats, _ = cv2.connectedComponentsWithStats(around)
    labels = labels[half:-half, half:-half]
    weights = np.bincount(labels.ravel(), weights=ink.ravel())[1:]
    boxes = _boxes(stats[1:]) - (0, 0, 2 * half, 2 * half)
    return Groups(labels, boxes, weights, bool(nested.all(axis=1).any()))


def _boxes(stats: np.ndarray) -> np.ndarray:
    """Left, top, right and bottom of components, int (n, 4), from OpenCV's statistics."""
    return np.hstack([stats[:, :2], stats[:, :2] + stats[:, 2:4]])
