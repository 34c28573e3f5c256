"""From a picture to the digit that the network sees. Training and serving both use it."""

from functools import cache
from typing import NamedTuple

import numpy as np

from digit_model.crop import Crop, square_in_picture
from digit_model.decode import WORK_SIDE, ImageInput, decode
from digit_model.digit import normalize_digit
from digit_model.ink import FindInk, extract_ink
from digit_model.model_folder import DEFAULT_WEIGHTS


class Preprocessed(NamedTuple):
    """What :func:`preprocess_with_crop` returns.

    Attributes:
        digit: uint8 (28, 28), 255 = ink; all zero when there is no ink.
        crop: the square of the picture that ``digit`` shows; it may extend beyond the picture when
            the ink is near its edge. None when there is no ink.
        several: whether there are other marks in the picture, too, that may be digits.
    """

    digit: np.ndarray
    crop: Crop | None
    several: bool = False


def preprocess(image: ImageInput, find_ink: FindInk | None = None) -> np.ndarray:
    """Any picture → uint8 (28, 28), 255 = ink; all zero when there is no ink.

    Args:
        image: see :func:`digit_model.decode.decode`.
        find_ink: the ink network, for pictures that are not flat; None: the one in the weights that
            come with this package.

    Raises:
        ImageError: the picture can't be read.
    """
    return preprocess_with_crop(image, find_ink or _shipped_network()).digit


def preprocess_with_crop(image: ImageInput, find_ink: FindInk) -> Preprocessed:
    """As :func:`preprocess`, with the square of the picture that the digit shows.

    Raises:
        ImageError: the picture can't be read.
    """
    ink = extract_ink(decode(image, max_side=WORK_SIDE), find_ink)
    digit, placement = normalize_digit(ink.pixels)
    crop = None
    if placement is not None:
        crop = square_in_picture(placement.crop, ink.pixels.shape, ink.window)
    return Preprocessed(digit, crop, ink.several)


@cache
def _shipped_network() -> FindInk:
    from digit_model.fusion import fuse  # imports torch, which takes seconds
    from digit_model.weights import load_weights

    return fuse(load_weights(DEFAULT_WEIGHTS).networks.ink).find_ink
