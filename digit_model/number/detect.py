"""The number network's answers → boxes and classes of marks, and the lines that they stand in."""

from typing import NamedTuple

import cv2
import numpy as np

OTHER = 10  # the class of what is no digit; as in digit_model.number_network, which imports torch
PRESENT = 0.3  # probability from which something is centred in a cell
OVERLAP = 0.5  # intersection over union from which two boxes are of the same mark
# Lines are cut where no digit's middle is for so long, in heights of a digit, when they are level.
LINE_PITCH = 0.65
SLOPES = np.linspace(-0.24, 0.24, 13)  # of lines
# What a line costs in comparison with the deviation of its digits, in their heights, and its slope.
DEVIATION, SLOPE = 4.0, 2.0


class Detections(NamedTuple):
    """What was found in ink, n marks.

    Attributes:
        boxes: float32 (n, 4), left, top, right and bottom in pixels of the ink.
        scores: float32 (n,) in [0, 1], that there is something.
        classes: float32 (n, 11), probabilities of the ten digits and of anything else.
    """

    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray

    @classmethod
    def none(cls) -> "Detections":
        """Of ink in which nothing was found."""
        return cls(*(np.zeros(shape, np.float32) for shape in ((0, 4), (0,), (0, OTHER + 1))))

    def select(self, chosen: np.ndarray) -> "Detections":
        """Some of them, by index or as bool (n,)."""
        return Detections(*(values[chosen] for values in self))


def detect(centred: np.ndarray, classes: np.ndarray, boxes: np.ndarray) -> Detections:
    """Pick the marks from the answers of :meth:`NumberNetwork.find_digits`, (…, rows, columns)."""
    highest = cv2.dilate(centred, np.ones((3, 3), np.uint8))
    rows, columns = np.nonzero((centred == highest) & (centred >= PRESENT))
    scores, found = centred[rows, columns], boxes[:, rows, columns].T
    sizes = found[:, 2:] - found[:, :2]
    distinct = cv2.dnn.NMSBoxes(
        np.hstack([found[:, :2], sizes]).tolist(), scores.tolist(), PRESENT, OVERLAP
    )
    kept = np.asarray(distinct, np.intp).reshape(-1)
    return Detections(found[kept], scores[kept], classes[:, rows[kept], columns[kept]].T)


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
