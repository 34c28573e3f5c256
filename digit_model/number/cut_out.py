"""One digit of a number alone: its part of the picture, with paper where others have ink."""

import cv2
import numpy as np

from digit_model.crop import part_of
from digit_model.ink import Ink
from digit_model.ink.marks import mark_mask
from digit_model.number.split import marks_of, split_ink
from digit_model.paper import paper_around

# In the longer side of a digit's box:
MARGIN = 0.2  # of the picture around it
EDGE = 0.02  # around marks: how far their soft edges reach
PAPER_REACH = 0.3  # how far around a pixel paper is looked at


def cut_out(rgb: np.ndarray, ink: Ink, boxes: np.ndarray, chosen: int) -> np.ndarray:
    """One of several marks alone.

    Args:
        rgb: the picture, uint8 (H, W, 3).
        ink: what is written in it.
        boxes: (n, 4), of the marks, in pixels of the ink.
        chosen: the index of the mark.

    Returns:
        uint8 RGB (h, w, 3), of the same pixels.
    """
    own = marks_of([split_ink(ink.pixels, boxes)[chosen]], ink.pixels.shape)
    marks = mark_mask(ink.pixels)
    left, top, right, bottom = boxes[chosen]
    side = max(right - left, bottom - top)
    reach = max(1, round(EDGE * side))
    around = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    foreign = cv2.dilate(marks * (1 - own), around) * (1 - own)
    blank = 1 - cv2.dilate(marks, around)

    margin = MARGIN * side
    window = (
        slice(max(0, int(top - margin)), int(np.ceil(bottom + margin))),
        slice(max(0, int(left - margin)), int(np.ceil(right + margin))),
    )
    picture = part_of(rgb, ink.window, ink.pixels.shape)[window]
    blank, foreign = blank[window], foreign[window]
    colour = np.median(picture[blank == 1] if blank.any() else picture[foreign == 0], axis=0)
    paper = paper_around(picture, blank, round(PAPER_REACH * side), colour)
    return np.where(foreign[..., None] == 1, np.rint(paper).astype(np.uint8), picture)
