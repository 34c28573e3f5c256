"""Frames around a drawing's digits: tables, the fields of forms, boxes around results."""

from typing import NamedTuple

import cv2
import numpy as np

from digit_model.decode import WORK_SIDE
from digit_model.ink.flat import drawing_ink
from digit_model.ink.marks import filled, is_rectangular, mark_mask

SOFT_EDGE = 4  # pixels, width of the grey rim around ink
DENT = 0.25  # of a field's height: hands draw no straighter, and digits reach further into it


class Unframed(NamedTuple):
    """A picture with paper in the place of frames; the same one if there are none.

    Attributes:
        grey: uint8 (h, w).
        ink: as of a drawing, float32 (h, w) in [0, 1].
        is_framed: whether there is a frame left, which digits touch.
    """

    grey: np.ndarray
    ink: np.ndarray
    is_framed: bool


def without_frames(grey: np.ndarray) -> Unframed:
    """Lay paper over the frames that no digit touches: uint8 (h, w), at most ``WORK_SIDE`` a side.

    Of a photograph, a frame may be its sheet.
    """
    ink = drawing_ink(grey, WORK_SIDE)
    marks, plain = mark_mask(ink), grey
    while (frame := _frame_in(marks)) is not None and _is_empty(frame):
        marks = marks - frame
        paper = np.bincount(plain[marks == 0]).argmax()
        plain = np.where(with_rim(frame) & (marks == 0), np.uint8(paper), plain)
    if plain is not grey:
        ink = drawing_ink(plain, WORK_SIDE)
        frame = _frame_in(mark_mask(ink))
    return Unframed(plain, ink, frame is not None)


def _frame_in(marks: np.ndarray) -> np.ndarray | None:
    """The largest mark, if it is a frame around others: uint8 (h, w), 0 or 1, as the marks are."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    if count <= 2:
        return None
    largest = 1 + int(stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(axis=1).argmax())
    frame = (labels == largest).view(np.uint8)
    left, top, width, height, _ = stats[largest]
    inside = np.s_[top : top + height, left : left + width]
    has_others = bool((marks[inside] > frame[inside]).any())
    return frame if has_others and is_rectangular(filled(frame)) else None


def with_rim(marks: np.ndarray) -> np.ndarray:
    """Marks, (h, w), 0 or 1, and the grey rim that a lens or a scanner puts around: bool."""
    reach = np.ones((2 * SOFT_EDGE + 1,) * 2, np.uint8)
    return np.asarray(cv2.dilate(marks.astype(np.uint8), reach) == 1)


def _is_empty(frame: np.ndarray) -> bool:
    """Whether nothing reaches into the fields of a frame, as a digit that touches it does."""
    outlines, hierarchy = cv2.findContours(frame, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    parents = hierarchy[0, :, 3]  # of holes: the outline that they are in
    fields = [outline for outline, parent in zip(outlines, parents, strict=True) if parent >= 0]
    return all(_deepest_dent(field) < DENT * cv2.boundingRect(field)[3] for field in fields)


def _deepest_dent(outline: np.ndarray) -> float:
    """How far an outline, int (n, 1, 2), is from its convex hull at most, in pixels."""
    hull = cv2.convexHull(outline, returnPoints=False)
    dents = cv2.convexityDefects(outline, hull) if len(hull) > 3 else None
    return 0.0 if dents is None else float(dents[..., 3].max()) / 256  # it is in fixed point
