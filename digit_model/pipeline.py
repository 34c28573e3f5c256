"""From a picture to the digit the network sees: the one preprocessing of training and serving."""

import numpy as np

from digit_model.decode import ImageInput, decode
from digit_model.digit import normalize_digit
from digit_model.ink import extract_ink


def read_digit(image: ImageInput) -> np.ndarray:
    """Any picture → uint8 (28, 28), 255 = ink; all zero when there is no ink.

    Raises:
        ImageError: the picture can't be read.
    """
    return normalize_digit(extract_ink(decode(image)))
