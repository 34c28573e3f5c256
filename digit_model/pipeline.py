"""From a picture to the digit the network sees: the one preprocessing of training and serving."""

import numpy as np

from digit_model.decode import ImageInput, decode
from digit_model.digit import lay_out, normalize_digit
from digit_model.ink import extract_ink


def read_digit(image: ImageInput) -> np.ndarray:
    """Any picture → uint8 (28, 28), 255 = ink; all zero when there is no ink.

    Raises:
        ImageError: the picture can't be read.
    """
    return normalize_digit(extract_ink(decode(image)))


def find_window(image: ImageInput) -> tuple[float, float, float, float] | None:
    """The square of the upright picture that becomes the 28×28 digit; None when there is no ink.

    Returns:
        left, top, width and height in fractions of the picture's width and height; where the ink
        lies at the edge, the square reaches beyond it.

    Raises:
        ImageError: the picture can't be read.
    """
    ink = extract_ink(decode(image))
    layout = lay_out(ink)
    if layout is None:
        return None
    rows, columns = ink.shape
    left, top, side = layout.window
    return left / columns, top / rows, side / columns, side / rows
