"""From a picture to the digit that the network sees. Training and serving both use it."""

from functools import cache
from typing import NamedTuple

import numpy as np

from digit_model.crop import Crop, square_in_picture
from digit_model.decode import WORK_SIDE, ImageInput, decode
from digit_model.digit import normalize_digit
from digit_model.ink import FindInk, Ink, extract_ink
from digit_model.model_folder import DEFAULT_WEIGHTS


class Preprocessed(NamedTuple):
    """What :func:`preprocess_upright` returns.

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
    return preprocess_upright(
        decode(image, max_side=WORK_SIDE), find_ink or _shipped_network()
    ).digit


def preprocess_upright(rgb: np.ndarray, find_ink: FindInk) -> Preprocessed:
    """As :func:`preprocess`, of what was decoded: uint8 (h, w, 3), at most ``WORK_SIDE`` a side.

    With the square of the picture that the digit shows.
    """
    ink = extract_ink(rgb, find_ink)
    return lay_out(ink.pixels, (0, 0), ink)._replace(several=ink.several)


def lay_out(piece: np.ndarray, corner: tuple[int, int], ink: Ink) -> Preprocessed:
    """A piece of a picture's ink as the digit that the network sees.

    Args:
        piece: float32 (h, w) in [0, 1].
        corner: where its upper left pixel is in the ink: x, y.
        ink: all that is in the picture.
    """
    digit, placement = normalize_digit(piece)
    if placement is None:
        return Preprocessed(digit, None)
    x, y, side = placement.square
    square = corner[0] + x, corner[1] + y, side
    return Preprocessed(digit, square_in_picture(square, ink.pixels.shape, ink.window))


@cache
def _shipped_network() -> FindInk:
    from digit_model.fusion import fuse  # imports torch, which takes seconds
    from digit_model.weights import load_weights

    return fuse(load_weights(DEFAULT_WEIGHTS).networks.ink).find_ink
