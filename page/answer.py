"""All that the browser shows of one picture, as JSON."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from digit_model.reading import read
from page.data_url import data_url
from page.label import label_value
from page.wording import headline, sentence

if TYPE_CHECKING:
    import numpy as np

    from digit_model import DigitRecognizer


def full_answer(
    recognizer: DigitRecognizer, image: str | bytes, *, with_picture: bool = False
) -> dict[str, Any]:
    """Read one picture, a file's path or its bytes.

    Returns:
        The label widget's value with all ten confidences; `verdict`, `headline` and `note`;
        `milliseconds` for decoding and recognising; `seen`, the 28×28 bytes of the network's input
        in base64; `crop`, the part of the picture that became it, or null, see `Prediction`; and
        with the `picture` itself, as a data URL, for a browser that hasn't got it.

    Raises:
        ImageError: the picture can't be read.
    """
    picture, prediction, milliseconds = read(recognizer, image, top_k=10)
    return {
        **label_value(prediction, 10),
        **({"picture": data_url(picture)} if with_picture else {}),
        "verdict": prediction.verdict,
        "headline": headline(prediction),
        "note": sentence(prediction),
        "milliseconds": round(milliseconds, 1),
        "seen": in_base64(prediction.model_input),
        "crop": prediction.crop,
    }


def in_base64(array: np.ndarray) -> str:
    """The array's bytes, row by row."""
    return base64.b64encode(array.tobytes()).decode()
