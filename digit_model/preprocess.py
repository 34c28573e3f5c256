"""From a picture to the digit that the network sees. Training and serving both use it."""

from typing import NamedTuple

import numpy as np

from digit_model.decode import ImageInput, decode
from digit_model.digit import normalize_digit
from digit_model.ink import extract_ink
from digit_model.ink.extract import WORK_SIDE

# Left, top, width and height in fractions of the upright picture's width and height.
Crop = tuple[float, float, float, float]


class Preprocessed(NamedTuple):
    """What :func:`preprocess_with_crop` returns.

    Attributes:
        digit: uint8 (28, 28), 255 = ink; all zero when there is no ink.
        crop: the square of the picture that ``digit`` shows; it may extend beyond the picture when
            the ink is near its edge. None when there is no ink.
    """

    digit: np.ndarray
    crop: Crop | None


def preprocess(image: ImageInput) -> np.ndarray:
    """Any picture → uint8 (28, 28), 255 = ink; all zero when there is no ink.

    Raises:
        ImageError: the picture can't be read.
    """
    return preprocess_with_crop(image).digit


def preprocess_with_crop(image: ImageInput) -> Preprocessed:
    """As :func:`preprocess`, with the square of the picture that the digit shows.

    Raises:
        ImageError: the picture can't be read.
    """
    ink = extract_ink(decode(image, max_side=WORK_SIDE))
    digit, placement = normalize_digit(ink)
    if placement is None:
        return Preprocessed(digit, None)
    rows, columns = ink.shape
    left, top, side = placement.crop
    return Preprocessed(digit, (left / columns, top / rows, side / columns, side / rows))
