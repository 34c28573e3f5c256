"""Marks: the connected components of ink, float32 (h, w) in [0, 1]."""

import cv2
import numpy as np

# Ink below this fraction of full ink does not count as a mark.
MARK = 0.3
# Mean ink of the marks from which they count: of writing it is 0.8 and more, in texture and noise
# less than 0.6.
SURE = 0.6
# Ink is a region, not strokes, when a disc fits into it that is this fraction of its longer side;
# loops that a thick pen has filled are smaller.
REGION = 0.42
RECTANGULAR = 0.93  # share of the rectangle that a label fills


def mark_mask(ink: np.ndarray) -> np.ndarray:
    """Where ink counts as a mark: float32 (h, w) in [0, 1] → uint8 (h, w), 0 or 1."""
    return (ink > MARK).view(np.uint8)


def is_sure(ink: np.ndarray) -> bool:
    """Whether there are marks, and they are inked enough."""
    marks = ink > MARK
    return bool(marks.any() and ink[marks].mean() >= SURE)


def border(picture: np.ndarray) -> np.ndarray:
    """The pixels along the four edges of a picture, (h, w) → (2 w + 2 h,); corners come twice."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def filled(marks: np.ndarray) -> np.ndarray:
    """Marks, uint8 (h, w), 0 or 1, with their holes filled."""
    outlines, _ = cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(marks.copy(), outlines, -1, 1, cv2.FILLED)


def is_rectangular(marks: np.ndarray) -> bool:
    """Whether the marks, uint8 (h, w), 0 or 1, fill a rectangle, of any tilt."""
    points = np.concatenate(cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[0])
    width, height = cv2.minAreaRect(points)[1]  # between the middles of the outermost pixels
    return cv2.countNonZero(marks) > RECTANGULAR * (width + 1) * (height + 1)


def is_wide(marks: np.ndarray) -> bool:
    """Whether a disc wider than any pen fits into the marks, uint8 (h, w), 0 or 1."""
    _, _, width, height = cv2.boundingRect(marks)
    disc = 2 * float(cv2.distanceTransform(marks, cv2.DIST_L2, 3).max())
    return disc > REGION * max(width, height)
