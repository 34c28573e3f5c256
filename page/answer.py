"""The JSON from which the page shows the answer for one picture."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from page.data_url import encode_data_url
from page.label import label_value
from page.wording import headline, note, sentence

if TYPE_CHECKING:
    import numpy as np

    from digit_model import NumberReading, Prediction
    from digit_model.counterfactual.picture import Counterfactual
    from digit_model.hints import Hint


def full_answer(
    prediction: Prediction,
    milliseconds: float,
    picture: np.ndarray | None = None,
    hint: Hint | None = None,
) -> dict[str, Any]:
    """All that the page shows of one picture.

    Args:
        prediction: with all ten labels in its ``top_k``.
        milliseconds: the time it took.
        picture: uint8 RGB (h, w, 3), for a browser that doesn't have it.
        hint: why it was refused.

    Returns:
        `verdict`; `headline`, `note` and `sentence`, the verdict in words; `turn`, by how many
        degrees clockwise the picture has to be turned to show a digit, or 0; `milliseconds` for
        decoding and recognition; `number`, see :func:`number_answer`, or None; the `picture`, a
        data URL, if there is one; and what :func:`digit_answer` says of the digit. Of a number it
        is the first, and `chosen` is its index among the number's digits; else `chosen` is None.
    """
    number, chosen, digit = prediction.number, None, prediction
    if number is not None:
        chosen, digit = next(
            (index, digit) for index, (_, digit) in enumerate(number.digits) if digit.label
        )
    return {
        **digit_answer(digit),
        **({} if picture is None else {"picture": encode_data_url(picture)}),
        "verdict": prediction.verdict,
        "headline": headline(prediction),
        "note": note(prediction, hint),
        "sentence": sentence(prediction, hint),
        "turn": hint.degrees if hint else 0,
        "milliseconds": round(milliseconds, 1),
        "number": None if number is None else number_answer(number),
        "chosen": chosen,
    }


def digit_answer(digit: Prediction) -> dict[str, Any]:
    """What the page shows of one digit.

    Returns:
        `label` and all ten `confidences`, as the label widget takes them; `model_input`, the
        network's 28×28 bytes in base64; and `crop`, see `Prediction`, or None.
    """
    return {
        **label_value(digit, 10),
        "model_input": to_base64(digit.model_input),
        "crop": digit.crop,
    }


def number_answer(reading: NumberReading) -> dict[str, Any]:
    """What the page shows of a number.

    Returns:
        `text`, lines joined by a line feed; and for each of the `digits` and other marks its `box`
        (left, top, right, bottom in pixels of the picture), `verdict`, `headline` and
        :func:`digit_answer`; the `label` of a mark that is no digit is None.
    """
    return {
        "text": reading.text,
        "digits": [
            {
                **digit_answer(digit),
                "label": digit.label,
                "box": box,
                "verdict": digit.verdict,
                "headline": headline(digit),
            }
            for box, digit in reading.digits
        ],
    }


def counterfactual_answer(found: Counterfactual | None) -> dict[str, Any] | None:
    """What the page shows of the strokes that would make another digit of one.

    Returns:
        The strokes `added` and `erased`, each a list of points (x, y), and both widths, all in
        sides of the square that was read; None if there are none.
    """
    if found is None or found.before.crop is None:
        return None
    left, top, width, height = found.before.crop
    rows, columns = found.picture.shape[:2]

    def in_square(strokes: list[np.ndarray]) -> list[list[list[float]]]:
        return [
            [
                [round((x / columns - left) / width, 4), round((y / rows - top) / height, 4)]
                for x, y in stroke.tolist()
            ]
            for stroke in strokes
        ]

    return {
        "added": in_square(found.added),
        "erased": in_square(found.erased),
        "pen_width": found.pen_width / (width * columns),
        "eraser_width": found.eraser_width / (width * columns),
    }


def to_base64(array: np.ndarray) -> str:
    """The array's bytes, row by row, in base64."""
    return base64.b64encode(array.tobytes()).decode()
