"""What the page and the API say of a prediction."""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

from digit_model.decode import ImageInput, decode
from digit_model.pipeline import find_window
from page.picture import data_url

if TYPE_CHECKING:
    import numpy as np

    from digit_model import DigitRecognizer, Prediction

NO_DIGIT = {"not_a_digit": "not a digit", "blank": "blank"}


def label_value(prediction: Prediction, top_k: int) -> dict[str, Any]:
    """A prediction as the label widget's value, with the `top_k` highest confidences."""
    return {
        "label": NO_DIGIT.get(prediction.verdict, prediction.label),
        "confidences": [
            {"label": digit, "confidence": float(confidence)}
            for digit, confidence in prediction.top_k[:top_k]
        ],
    }


def headline(prediction: Prediction) -> str:
    """The verdict as it stands in large letters: "7", "4 or 9?", "not a digit"."""
    first, second = (digit for digit, _ in prediction.top_k[:2])
    return {
        "digit": first,
        "unsure": f"{first} or {second}?",
        "not_a_digit": "not a digit",
        "blank": "nothing to read",
    }[prediction.verdict]


def note(prediction: Prediction) -> str:
    """The verdict in a sentence."""
    first, second = (digit for digit, _ in prediction.top_k[:2])
    return {
        "digit": f"This is a {first}.",
        "unsure": f"It could be a {first} or a {second}.",
        "not_a_digit": "This does not look like a digit.",
        "blank": "There is nothing to read in this picture.",
    }[prediction.verdict]


def full_answer(
    recognizer: DigitRecognizer, image: ImageInput, *, with_picture: bool = False
) -> dict[str, Any]:
    """All that the browser shows of one picture, as JSON.

    The label widget's value with all ten confidences; `verdict`, `headline` and `note`;
    `milliseconds` for decoding and recognising; `seen`, the 28×28 bytes of the network's input in
    base64; `window`, the part of the picture that became it, see `find_window`, or null; and the
    `picture` itself, as a data URL, for a browser that hasn't got it.

    Raises:
        ImageError: the picture can't be read.
    """
    start = time.perf_counter()
    pixels = decode(image)
    prediction = recognizer.predict(pixels, top_k=10)
    elapsed = 1000 * (time.perf_counter() - start)
    picture = {"picture": data_url(pixels)} if with_picture else {}
    return {
        **label_value(prediction, 10),
        **picture,
        "verdict": prediction.verdict,
        "headline": headline(prediction),
        "note": note(prediction),
        "milliseconds": round(elapsed, 1),
        "seen": in_base64(prediction.model_input),
        "window": find_window(pixels),
    }


def in_base64(array: np.ndarray) -> str:
    """The array's bytes, row by row."""
    return base64.b64encode(array.tobytes()).decode()
