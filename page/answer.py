"""What the page and the API say of a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digit_model import Prediction

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


def note(prediction: Prediction) -> str:
    """The verdict in words."""
    first, second = (digit for digit, _ in prediction.top_k[:2])
    return {
        "digit": f"This is a {first}.",
        "unsure": f"{first} or {second}?",
        "not_a_digit": "This does not look like a digit.",
        "blank": "There is nothing to read in this picture.",
    }[prediction.verdict]


def full_answer(prediction: Prediction) -> dict[str, Any]:
    """A prediction with all ten confidences and its verdict in words, for the browser."""
    return {**label_value(prediction, 10), "note": note(prediction)}
