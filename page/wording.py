"""A verdict in words, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model import Prediction


def headline(prediction: Prediction) -> str:
    """The verdict in large letters: "7", "4 or 9?", "3450", "not a digit"."""
    if prediction.number is not None:
        return prediction.number.text
    first, second = (digit for digit, _ in prediction.top_k[:2])
    return {
        "digit": first,
        "unsure": f"{first} or {second}?",
        "not_a_digit": "not a digit",
        "blank": "nothing to read",
    }[prediction.verdict]


def sentence(prediction: Prediction) -> str:
    """The verdict in a sentence."""
    if prediction.number is not None:
        text = prediction.number.text
        return f"These are {sum(map(str.isdigit, text))} digits: {' / '.join(text.split())}."
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
