"""From ink to the digits of a number: where they are, and the ink of each."""

from collections.abc import Callable

import cv2
import numpy as np

from digit_model.ink.marks import mark_mask
from digit_model.ink.writing import writing_height
from digit_model.number.detect import OTHER, Detections, detect

# :meth:`digit_model.number_network.NumberNetwork.find_digits`.
FindDigits = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

DIGIT_HEIGHT, GRAIN = 32, 16  # pixels; as in digit_model.number_network, which imports torch
MARGIN = 16  # pixels of paper around all ink, as the network sees it
MOST_PIXELS = 1 << 20  # that the network sees: more ink than that is shrunk further
RESCALE = 1.25  # so many times as high or low as the marks are, digits are looked at once more
REACH = 0.06  # a digit's ink may reach so far beyond its box, in the box's longer side
OWN_SHARE = 0.75  # of a mark's ink in a digit's box, from which all of it is the digit's

Area = tuple[slice, slice]  # rows and columns


def find_digits(ink: np.ndarray, network: FindDigits) -> Detections:
    """Find the digits and other marks in ink, float32 (h, w) in [0, 1].

    Their boxes are in pixels of the ink. The network sees it twice if the digits turn out to be
    higher or lower than the marks, as where they touch each other.
    """
    height = writing_height(ink)
    if not height:
        return Detections.none()
    found = _find_at(ink, DIGIT_HEIGHT / height, network)
    digits = found.classes.argmax(axis=1) != OTHER
    if digits.any():
        measured = float(np.median((found.boxes[:, 3] - found.boxes[:, 1])[digits]))
        if not 1 / RESCALE < measured / height < RESCALE:
            found = _find_at(ink, DIGIT_HEIGHT / measured, network)
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


def split_ink(ink: np.ndarray, boxes: np.ndarray) -> list[tuple[np.ndarray, tuple[int, int]]]:
    """The ink of each box, (n, 4), alone: float32 (h, w), and where it begins, left and top.

    A mark that lies in one box nearly as a whole is all of that digit's. Of digits that touch each
    one has the ink that is nearest to its box's middle, in halves of the box's sides.
    """
    labels = cv2.connectedComponents(mark_mask(ink))[1]
    areas = [_area(box, ink.shape) for box in boxes]
    count = int(labels.max()) + 1
    total = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    shares = np.array(
        [np.bincount(labels[area].ravel(), minlength=count) / total for area in areas]
    )
    owner = np.where(shares.max(axis=0) >= OWN_SHARE, shares.argmax(axis=0), -1)
    pieces = []
    for number, area in enumerate(areas):
        here, marked = labels[area], labels[area] > 0
        foreign = marked & (owner[here] >= 0) & (owner[here] != number)
        shared = marked & (owner[here] < 0)
        if shared.any():
            y, x = np.mgrid[area]
            own = _distance(boxes[number], x, y)
            for other, other_area in enumerate(areas):
                if other != number and _intersect(area, other_area):
                    foreign |= shared & (_distance(boxes[other], x, y) < own)
        piece = np.where(foreign, np.float32(0), ink[area])
        pieces.append((piece, (area[1].start, area[0].start)))
    return pieces


def _area(box: np.ndarray, shape: tuple[int, ...]) -> Area:
    """The pixels of a box and what is just beyond it, one at least."""
    reach = REACH * max(box[2] - box[0], box[3] - box[1])
    sides = zip(box[:2] - reach, box[2:] + reach, shape[::-1], strict=True)
    across, down = (
        slice(start := min(max(0, int(low)), end - 1), max(start + 1, min(end, int(np.ceil(high)))))
        for low, high, end in sides
    )
    return down, across


def _distance(box: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """From the middle of a box, in halves of its sides; the larger one of both directions."""
    left, top, right, bottom = box
    across = np.abs(x + 0.5 - (left + right) / 2) / max((right - left) / 2, 1)
    down = np.abs(y + 0.5 - (top + bottom) / 2) / max((bottom - top) / 2, 1)
    return np.asarray(np.maximum(across, down))


def _intersect(one: Area, other: Area) -> bool:
    return all(a.start < b.stop and b.start < a.stop for a, b in zip(one, other, strict=True))
