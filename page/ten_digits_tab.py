"""The Ten digits tab: a visitor's own digits, each once, as a poster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from page.data_url import decode_data_url
from page.keep_correction import correction_functions
from page.ten_digits import TenDigits
from page.wording import one_line, percent

if TYPE_CHECKING:
    from digit_model import Prediction
    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient


def add_ten_digits_tab(recognizer: RecognizerClient, store: CorrectionStore) -> None:
    """Adds its component to the enclosing gr.Blocks."""

    async def read(request: dict[str, Any]) -> dict[str, Any]:
        picture, digit = decode_data_url(request.get("picture")), str(request.get("digit"))
        if digit not in [*"0123456789"]:
            raise ValueError("A digit is one of 0 to 9.")
        prediction, _ = await recognizer.recognize_drawing(picture, urgent=True)
        return digit_reading(prediction, digit)

    correct, withdraw = correction_functions(recognizer, store)
    TenDigits(read, correct, withdraw, elem_id="ten-digits")


def digit_reading(prediction: Prediction, digit: str) -> dict[str, Any]:
    """How a digit was read that was to be written.

    Args:
        prediction: with all ten labels in its ``top_k``.
        digit: "0" … "9".

    Returns:
        `is_read`, whether it was read as that digit; `read_as`, what was read, in few words;
        `sure`, the probability of that digit, in words; and `nearest`, the most probable other one,
        with its probability `nearest_sure`, in words.
    """
    nearest, nearest_share = next(each for each in prediction.top_k if each[0] != digit)
    return {
        "is_read": prediction.verdict == "digit" and prediction.label == digit,
        "read_as": read_as(prediction),
        "sure": percent(prediction.probabilities[digit]),
        "nearest": nearest,
        "nearest_sure": percent(nearest_share),
    }


def read_as(prediction: Prediction) -> str:
    """What was read, as short as the room beside a digit."""
    if prediction.verdict == "not_a_digit":
        return "no digit"
    said = one_line(prediction)
    return f"read as {said}" if prediction.verdict in ("digit", "several") else said
