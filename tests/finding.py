"""The ink that the shipped network finds, for the tests of it."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np

from digit_model import DigitRecognizer
from digit_model.decode import WORK_SIDE, decode
from digit_model.ink import FindInk, extract_ink
from digit_model.ink.marks import mark_mask


@cache
def shipped_find_ink() -> FindInk:
    return DigitRecognizer.from_pretrained().find_ink


def whole_ink(rgb: np.ndarray) -> np.ndarray:
    """The ink in a picture, where it is: uint8 (h, w, 3) → float32 (h, w) in [0, 1]."""
    picture = decode(rgb, max_side=WORK_SIDE)
    pixels, window, _ = extract_ink(picture, shipped_find_ink())
    rows, columns = rgb.shape[:2]
    left, top, width, height = (
        round(share * side)
        for share, side in zip(window, (columns, rows, columns, rows), strict=True)
    )
    ink = np.zeros((rows, columns), np.float32)
    ink[top : top + height, left : left + width] = cv2.resize(pixels, (width, height))
    return ink


def rgb(grey: np.ndarray) -> np.ndarray:
    """Grey levels, (h, w), rounded and clipped to uint8 RGB (h, w, 3)."""
    return np.repeat(np.clip(np.rint(grey), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def overlap(found: np.ndarray, true: np.ndarray) -> float:
    """Intersection over union of marks of ink, float (h, w), and what was drawn, bool (h, w)."""
    marks = mark_mask(found) > 0
    return float((marks & true).sum() / (marks | true).sum())
