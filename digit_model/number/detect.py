"""Ink → the digits and other marks in it, by the number network."""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from digit_model.architectures import GRAIN
from digit_model.ink.marks import mark_mask
from digit_model.number import NO_DIGIT, NO_ONE, OTHER
from digit_model.number.writing import usual_height, writing_height

# :meth:`digit_model.number_network.NumberNetwork.find_digits`.
FindDigits = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

# Pixels of ink. More than the network is trained on: digits that overlap are centred in different
# cells.
SEEN_HEIGHT = 42
MARGIN = 16  # pixels of paper around all ink, as the network sees it
MOST_PIXELS = 1 << 20  # that the network sees: more ink than that is shrunk further
FEW_MARKS = 4  # a face may have as many, and its eyes are no zeros
RESCALE = 1.25  # so many times as high or low as the marks are, digits are looked at once more
PRESENT = 0.4  # probability from which something is centred in a cell
OVERLAP = 0.5  # intersection over union from which two boxes are of the same mark


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

    @property
    def is_digit(self) -> np.ndarray:
        """Which of them are read as digits, bool (n,)."""
        return np.asarray(self.classes[:, OTHER] <= self.limits)

    @property
    def limits(self) -> np.ndarray:
        """Probability of the other class above which each of them is no digit, float64 (n,)."""
        return np.where(self.classes[:, :OTHER].argmax(axis=1) == 1, NO_ONE, NO_DIGIT)

    @property
    def certainty(self) -> float:
        """How many digits there are, each by the probability that it is one."""
        return float((self.scores * (1 - self.classes[:, OTHER]))[self.is_digit].sum())


def find_digits(ink: np.ndarray, network: FindDigits) -> Detections:
    """Find the digits and other marks in ink, float32 (h, w) in [0, 1].

    Their boxes are in pixels of the ink. The network sees it more than once if the digits turn out
    to be higher or lower than the marks, as where they touch each other, or if most of many marks
    are much lower than where most of the ink is, as where some lines of a page touch.
    """
    height = writing_height(ink)
    if not height:
        return Detections.none()
    found = _find_well(ink, height, network)
    lower = usual_height(ink)
    if lower * RESCALE < height:
        others = _find_well(ink, lower, network)
        are_many = max(len(found.boxes), int(others.is_digit.sum())) > FEW_MARKS
        if are_many and others.certainty > found.certainty:
            found = others
    return found


def _find_well(ink: np.ndarray, height: float, network: FindDigits) -> Detections:
    """Find marks, of which digits seem to be so high; once more if they aren't."""
    found = _find_at(ink, SEEN_HEIGHT / height, network)
    if found.is_digit.any():
        heights = found.boxes[:, 3] - found.boxes[:, 1]
        measured = float(np.median(heights[found.is_digit]))
        if not 1 / RESCALE < measured / height < RESCALE:
            found = _find_at(ink, SEEN_HEIGHT / measured, network)
    return found


def _find_at(ink: np.ndarray, scale: float, network: FindDigits) -> Detections:
    """Find digits in the ink at this scale, or at the largest at which it isn't too much."""
    left, top, width, height = cv2.boundingRect(mark_mask(ink))
    scale = min(scale, float(np.sqrt(MOST_PIXELS / (width * height))))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    cropped = ink[top : top + height, left : left + width]
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    columns, rows = (GRAIN * -(-(side + 2 * MARGIN) // GRAIN) for side in size)
    seen = np.zeros((rows, columns), np.float32)
    seen[MARGIN : MARGIN + size[1], MARGIN : MARGIN + size[0]] = cv2.resize(
        cropped, size, interpolation=method
    )
    found = detect(*network(seen))
    x, y = width / size[0], height / size[1]
    boxes = (found.boxes - MARGIN) * (x, y, x, y) + (left, top, left, top)
    return found._replace(boxes=boxes.astype(np.float32))


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
