"""An upright RGB picture → ink, 1 = ink, 0 = paper.

In a flat picture, such as a drawing, ink is told exactly from the level of its paper
(:mod:`digit_model.ink.flat`). In any other one a network finds the handwriting in two looks
(:mod:`digit_model.ink.looks`): at the whole picture, then at what surrounds the digit. This module
doesn't import torch.
"""

from collections.abc import Callable
from typing import NamedTuple

import cv2
import numpy as np

from digit_model.crop import Crop, fractions
from digit_model.ink import flat
from digit_model.ink.groups import are_several, choose_digit, is_plain, without_specks
from digit_model.ink.looks import around, look
from digit_model.ink.marks import MARK, is_sure, mark_mask

# The ink network: uint8 RGB (h, w, 3), sides multiples of 16 → float32 (h, w) in [0, 1].
FindInk = Callable[[np.ndarray], np.ndarray]

EVEN_ODDS = (0.5 - MARK) / (1 - MARK)
SECOND_LOOK = 1.5  # longer sides of the digit that the second look takes in


class Ink(NamedTuple):
    """Ink, and which part of the picture it is.

    Attributes:
        pixels: float32 (h, w) in [0, 1], all zero when there is no ink.
        window: left, top, width and height in fractions of the picture's width and height.
        several: whether there were other marks, too, that are high enough to be digits.
    """

    pixels: np.ndarray
    window: Crop = (0.0, 0.0, 1.0, 1.0)
    several: bool = False


def extract_ink(rgb: np.ndarray, find_ink: FindInk) -> Ink:
    """Find the ink of one digit.

    Args:
        rgb: uint8 (h, w, 3), upright, its longer side at most
            :data:`~digit_model.decode.WORK_SIDE`; dark ink on light paper or light on dark.
        find_ink: the ink network.
    """
    grey = contrast_axis(rgb)
    drawn = flat.drawing_ink(grey)
    ink = without_specks(drawn)
    small = min(grey.shape) < flat.SMALL_SIDE and flat.is_clean(ink)
    is_flat = small or flat.is_drawing(grey) or flat.is_solid(ink)
    several = is_flat and are_several(drawn)  # also what is too small for the network's first look
    digit = flat.within_band(ink) if is_flat else ink
    if is_flat and (small or digit is not ink or is_plain(ink)):
        return Ink(digit, several=several)
    found = photograph_ink(rgb, find_ink)
    if is_flat and not found.pixels.any():
        found = Ink(ink)
    return found._replace(several=found.several or several)


def photograph_ink(rgb: np.ndarray, find_ink: FindInk) -> Ink:
    """Ink in a photograph, by the network: uint8 RGB (h, w, 3) → what the second look finds."""
    rows, columns = rgb.shape[:2]
    found = find_ink(look(rgb, (0, 0, columns, rows)))
    first = _digit_in(found, columns, rows)
    left, top, width, height = cv2.boundingRect(mark_mask(first))
    if not width:
        return Ink(first)
    x, y = columns / first.shape[1], rows / first.shape[0]
    box = (round(left * x), round(top * y), round((left + width) * x), round((top + height) * y))
    window = around(box, SECOND_LOOK, rgb.shape)
    left, top, right, bottom = window
    second = _digit_in(find_ink(look(rgb, window)), right - left, bottom - top)
    return Ink(second, fractions(window, rgb.shape), several=are_several(ink_of(found)))


def _digit_in(found: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """The digit's ink in what was found in so many pixels, in their proportions; 0 if not sure."""
    ink = choose_digit(ink_of(found))
    if not is_sure(ink):
        ink = np.zeros_like(ink)
    scale = max(ink.shape) / max(columns, rows)
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(cv2.resize(ink, size, interpolation=cv2.INTER_LINEAR))


def ink_of(found: np.ndarray) -> np.ndarray:
    """Probabilities of the ink network → ink, in [0, 1].

    Where ink and paper are equally likely it is just a mark, so that strokes get no wider.
    """
    return np.asarray(np.clip((found - EVEN_ODDS) / (1 - EVEN_ODDS), 0, 1))


def contrast_axis(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) → grey, uint8 (h, w): the first principal component of the colours.

    Unlike luminance, it shows yellow ink on white paper and red ink on green (PCA: Pearson, 1901).
    Its sign is such that brighter colours stay brighter.
    """
    step = max(1, max(rgb.shape) // 128)
    sample = rgb[::step, ::step]
    if all(np.array_equal(sample[..., 0], sample[..., other]) for other in (1, 2)):
        return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    sample = sample.reshape(-1, 3).astype(np.float32)
    centred = sample - sample.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    axis = axis if axis.sum() >= 0 else -axis
    projected = cv2.transform(rgb.astype(np.float32), axis[None].astype(np.float32))
    # Scaled by the range of possible values, not of the picture's values, to 0…255.
    low, high = 255.0 * np.minimum(axis, 0).sum(), 255.0 * np.maximum(axis, 0).sum()
    return cv2.convertScaleAbs(projected - low, alpha=255.0 / (high - low))
