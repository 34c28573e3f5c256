"""Predictions for the page and the API: with the decoded picture, the time taken, and errors.

:func:`predict_many` yields an error in the place of a bad file, so that the others are still read.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from digit_model.decode import (
    MAX_PIXELS,
    WORK_SIDE,
    ImageError,
    ImageInput,
    decode,
    decode_with_factor,
)
from digit_model.prediction import Prediction

if TYPE_CHECKING:  # it imports torch, which a server's own process does without
    from digit_model.number.reading import NumberReading
    from digit_model.recognizer import DigitRecognizer

CHUNK = 16  # pictures that are decoded and recognised at a time; limits the memory in use


class TimedPrediction(NamedTuple):
    """One picture and its prediction.

    Attributes:
        picture: upright, uint8 RGB (h, w, 3), its longer side at most 640 pixels, which is what
            the recogniser works on.
        prediction: the recogniser's answer.
        milliseconds: time for decoding and recognition.
    """

    picture: np.ndarray
    prediction: Prediction
    milliseconds: float


def load(image: ImageInput, max_pixels: int = MAX_PIXELS) -> np.ndarray:
    """Decode a picture, no larger than the recogniser needs; so its answer is the same.

    Raises:
        ImageError: the picture can't be read, or has more than ``max_pixels``.
    """
    return decode(image, max_side=WORK_SIDE, max_pixels=max_pixels)


def read_number(
    recognizer: DigitRecognizer, image: ImageInput, *, max_pixels: int = MAX_PIXELS
) -> tuple[NumberReading, float]:
    """Read all digits in one picture, with all ten labels of each; and the milliseconds it took.

    Raises:
        ImageError: the picture can't be read, or has more than ``max_pixels``.
    """
    start = time.perf_counter()
    picture, factor = decode_with_factor(image, max_side=WORK_SIDE, max_pixels=max_pixels)
    number = recognizer.read_number(picture, top_k=10).scaled(factor)
    return number, _milliseconds_since(start)


def predict_many(
    recognizer: DigitRecognizer,
    images: Sequence[ImageInput],
    top_k: int = 3,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Iterator[TimedPrediction | ImageError]:
    """A reading for each picture, in order, or the error when a picture can't be read.

    Raises:
        ValueError: top_k is not a whole number from 1 to 10.
    """
    for start in range(0, len(images), CHUNK):
        chunk = [_load(image, max_pixels) for image in images[start : start + CHUNK]]
        pictures = [loaded[0] for loaded in chunk if not isinstance(loaded, ImageError)]
        batch_start = time.perf_counter()
        predictions = iter(recognizer.predict_batch(pictures, top_k=top_k))
        mean_milliseconds = _milliseconds_since(batch_start) / max(1, len(pictures))
        for loaded in chunk:
            if isinstance(loaded, ImageError):
                yield loaded
            else:
                picture, milliseconds = loaded
                yield TimedPrediction(picture, next(predictions), milliseconds + mean_milliseconds)


def _load(image: ImageInput, max_pixels: int) -> tuple[np.ndarray, float] | ImageError:
    """The decoded picture and the milliseconds that it took."""
    start = time.perf_counter()
    try:
        return load(image, max_pixels), _milliseconds_since(start)
    except ImageError as error:
        return error


def _milliseconds_since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)
