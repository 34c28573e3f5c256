"""A verdict in words, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model import Prediction


def headline(prediction: Prediction) -> str:
    """The verdict in large letters: "7", "4 or 9?", "not a digit"."""
    first, second = (digit for digit, _ in prediction.top_k[:2])
    return {
        "digit": first,
        "unsure": f"{first} or {second}?",
        "not_a_digit": "not a digit",
        "blank": "nothing to read",
    }[prediction.verdict]


def sentence(prediction: Prediction) -> str:
    """The verdict in a sentence."""
    first, second = (with_article(digit) for digit, _ in prediction.top_k[:2])
    return {
        "digit": f"This is {first}.",
        "unsure": f"It could be {first} or {second}.",
        "not_a_digit": "This does not look like a digit.",
        "blank": "There is nothing to read in this picture.",
    }[prediction.verdict]


def with_article(digit: str) -> str:
    """The digit with its article: "a 7", "an 8"."""
    return f"{'an' if digit == '8' else 'a'} {digit}"
