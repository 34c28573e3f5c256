"""Pictures read for people: beside the prediction, what to show them of the picture itself.

Here a bad file is an answer like any other, so that one of many spoils nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from digit_model.decode import ImageError, ImageInput, decode
from digit_model.ink import shrink
from digit_model.prediction import Prediction
from digit_model.recognizer import DigitRecognizer

CHUNK = 16  # pictures that are in memory, and go through the network, at a time


class Reading(NamedTuple):
    """One picture, and what was read in it.

    Attributes:
        picture: upright, uint8 RGB (h, w, 3), its longest side no more than the 640 pixels that
            the recogniser needs.
        prediction: what was read.
        milliseconds: spent on decoding and recognising it.
    """

    picture: np.ndarray
    prediction: Prediction
    milliseconds: float


def read(recognizer: DigitRecognizer, image: ImageInput, top_k: int = 3) -> Reading:
    """Decode and recognise one picture.

    Raises:
        ImageError: the picture can't be read.
        ValueError: top_k is not a whole number from 1 to 10.
    """
    start = time.perf_counter()
    picture = shrink(decode(image))  # the recogniser's own first step: the answer stays the same
    prediction = recognizer.predict(picture, top_k=top_k)
    return Reading(picture, prediction, _milliseconds_since(start))


def read_many(
    recognizer: DigitRecognizer, images: Sequence[ImageInput], top_k: int = 3
) -> Iterator[Reading | ImageError]:
    """A reading for each picture, in order; in the place of one that can't be read, the reason.

    Raises:
        ValueError: top_k is not a whole number from 1 to 10.
    """
    for start in range(0, len(images), CHUNK):
        chunk = [_load(image) for image in images[start : start + CHUNK]]
        pictures = [loaded[0] for loaded in chunk if not isinstance(loaded, ImageError)]
        began = time.perf_counter()
        predictions = iter(recognizer.predict_batch(pictures, top_k=top_k))
        each = _milliseconds_since(began) / max(1, len(pictures))
        for loaded in chunk:
            if isinstance(loaded, ImageError):
                yield loaded
            else:
                picture, milliseconds = loaded
                yield Reading(picture, next(predictions), milliseconds + each)


def _load(image: ImageInput) -> tuple[np.ndarray, float] | ImageError:
    start = time.perf_counter()
    try:
        return shrink(decode(image)), _milliseconds_since(start)
    except ImageError as error:
        return error


def _milliseconds_since(start: float) -> float:
    return 1000 * (time.perf_counter() - start)
