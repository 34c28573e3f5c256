"""The ink of each digit alone, also where digits touch each other."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from digit_model.ink.marks import mark_mask

REACH = 0.06  # a digit's ink may reach so far beyond its box, in the box's longer side
OWN_SHARE = 0.75  # of a mark's ink in a digit's box, from which all of it is the digit's
SHARED = -1  # owner of a mark of several digits

Area = tuple[slice, slice]  # rows and columns
Piece = tuple[np.ndarray, tuple[int, int]]  # float32 (h, w), and its left and top in the ink


def split_ink(ink: np.ndarray, boxes: np.ndarray) -> list[Piece]:
    """The ink of each box, (n, 4), alone.

    A mark that lies in one box nearly as a whole is all of that digit's, unless it is the most that
    another box has. Of digits that touch each one has the ink that is nearest to its box's middle,
    in halves of the box's sides.
    """
    labels = cv2.connectedComponents(mark_mask(ink))[1]
    areas = [_area(box, ink.shape) for box in boxes]
    owner = _owners(labels, areas)
    edges = np.array([(x.start, y.start, x.stop, y.stop) for y, x in areas])
    pieces = []
    for number, area in enumerate(areas):
        here, marked = labels[area], labels[area] > 0
        foreign = marked & (owner[here] != SHARED) & (owner[here] != number)
        shared = marked & (owner[here] == SHARED)
        if shared.any():
            y, x = np.mgrid[area]
            own = _distance(boxes[number], x, y)
            overlapping = (edges[:, :2] < edges[number, 2:]) & (edges[number, :2] < edges[:, 2:])
            for other in np.flatnonzero(overlapping.all(axis=1)):
                if other != number:
                    foreign |= shared & (_distance(boxes[other], x, y) < own)
        piece = np.where(foreign, np.float32(0), ink[area])
        pieces.append((piece, (area[1].start, area[0].start)))
    return pieces


def marks_of(pieces: Iterable[Piece], shape: tuple[int, ...]) -> np.ndarray:
    """The marks of pieces where they are in ink of this shape: uint8 (h, w), 0 or 1."""
    marks = np.zeros(shape, np.uint8)
    for ink, (left, top) in pieces:
        marks[top : top + ink.shape[0], left : left + ink.shape[1]] |= mark_mask(ink)
    return marks


def clearance(pieces: Sequence[Piece], chosen: int, shape: tuple[int, ...]) -> float:
    """The distance, in pixels, from one piece's marks to those of all others; inf without any."""
    own = marks_of([pieces[chosen]], shape)
    others = marks_of([*pieces[:chosen], *pieces[chosen + 1 :]], shape)
    if not own.any() or not others.any():
        return float("inf")
    distances = cv2.distanceTransform(1 - others, cv2.DIST_L2, 5)
    return float(distances[own == 1].min())


def _owners(labels: np.ndarray, areas: Sequence[Area]) -> np.ndarray:
    """Which box has each mark, int (marks + 1,); ``SHARED`` if several have."""
    count = int(labels.max()) + 1
    total = np.maximum(np.bincount(labels.ravel(), minlength=count), 1)
    share, owner, most = np.zeros(count), np.zeros(count, np.intp), []
    for number, area in enumerate(areas):
        pixels = np.bincount(labels[area].ravel(), minlength=count)
        owner[pixels / total > share] = number
        share = np.maximum(share, pixels / total)
        pixels[0] = 0  # paper
        most.append(int(pixels.argmax()))
    owner[share < OWN_SHARE] = SHARED
    for number, mark in enumerate(most):
        if owner[mark] not in (number, SHARED):
            owner[mark] = SHARED
    return owner


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
