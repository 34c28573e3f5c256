"""Many pictures at once: each gets an answer or the sentence that says why there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from digit_model.decode import ImageError, decode
from digit_model.ink import shrink

if TYPE_CHECKING:
    import numpy as np

    from digit_model import DigitRecognizer, Prediction

CHUNK = 16  # pictures that are in memory, and go through the network, at a time


class Reading(NamedTuple):
    """One picture's result: either the first two, or the error."""

    pixels: np.ndarray | None  # upright, uint8 (H, W, 3), no larger than the recogniser needs
    prediction: Prediction | None
    error: str = ""


def read_many(
    recognizer: DigitRecognizer, files: Sequence[str | bytes], top_k: int = 3
) -> Iterator[Reading]:
    """A reading for each file, in order."""
    for start in range(0, len(files), CHUNK):
        chunk: list[np.ndarray | ImageError] = [
            _load(file) for file in files[start : start + CHUNK]
        ]
        pixels = [item for item in chunk if not isinstance(item, ImageError)]
        predictions = iter(recognizer.predict_batch(pixels, top_k=top_k))
        for item in chunk:
            if isinstance(item, ImageError):
                yield Reading(None, None, str(item))
            else:
                yield Reading(item, next(predictions))


def _load(file: str | bytes) -> np.ndarray | ImageError:
    try:
        return shrink(decode(file))  # the recogniser's own first step: the answer stays the same
    except ImageError as error:
        return error
