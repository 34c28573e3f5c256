"""The JSON from which the page shows the answer for one picture."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from digit_model.reading import read
from page.data_url import encode_data_url
from page.label import label_value
from page.wording import headline, sentence

if TYPE_CHECKING:
    import numpy as np

    from digit_model import DigitRecognizer


def full_answer(
    recognizer: DigitRecognizer, image: str | bytes, *, with_picture: bool = False
) -> dict[str, Any]:
    """Recognise one picture.

    Args:
        recognizer: reads the picture.
        image: a file's path or its bytes.
        with_picture: whether to return the picture, too, for a browser that doesn't have it.

    Returns:
        `label` and all ten `confidences`, as the label widget takes them; `verdict`; `headline` and
        `note`, the verdict in words; `milliseconds` for decoding and recognition; `model_input`,
        the network's 28×28 bytes in base64; `crop`, see `Prediction`, or None; and with
        `with_picture`, `picture`, a data URL.

    Raises:
        ImageError: the picture can't be read.
    """
    picture, prediction, milliseconds = read(recognizer, image, top_k=10)
    return {
        **label_value(prediction, 10),
        **({"picture": encode_data_url(picture)} if with_picture else {}),
        "verdict": prediction.verdict,
        "headline": headline(prediction),
        "note": sentence(prediction),
        "milliseconds": round(milliseconds, 1),
        "model_input": to_base64(prediction.model_input),
        "crop": prediction.crop,
    }


def to_base64(array: np.ndarray) -> str:
    """The array's bytes, row by row, in base64."""
    return base64.b64encode(array.tobytes()).decode()
