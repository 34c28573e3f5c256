"""The words of the page for what was read."""

from __future__ import annotations

import numpy as np
import pytest

from digit_model import NumberReading, Prediction
from digit_model.hints import Hint
from digit_model.prediction import Verdict, as_several
from page.wording import certainty, in_words, note, percent, sentence


def mark(label: str | None) -> Prediction:
    """A digit, or a mark that is none."""
    shares = dict.fromkeys("0123456789", 0.1)
    verdict: Verdict = "not_a_digit" if label is None else "digit"
    pixels = np.zeros((28, 28), np.uint8)
    return Prediction(verdict, label, shares, list(shares.items()), 0.1, 0.5, pixels, None)


def number(*labels: str | None) -> Prediction:
    digits = [((0.0, 0.0, 9.0, 9.0), mark(label)) for label in labels]
    text = "".join(label or "" for label in labels)
    return as_several(mark(None), NumberReading(text, 0.79, digits))


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "<1%"),
        (0.004, "<1%"),
        (0.006, "1%"),
        (0.5, "50%"),
        (0.99, "99%"),
        (0.9991, ">99%"),
        (1.0, ">99%"),
    ],
)
def test_nothing_is_certain_in_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(
    ("hint", "words"),
    [
        (Hint("turn", 90, "7"), "Turned by 90° it would be a 7."),
        (Hint("turn", 270, "8"), "Turned by 270° it would be an 8."),
        (Hint("turn", 180, "470 / 1"), "Turned by 180° it would be 470 / 1."),
        (Hint("shadow"), "Only light and shadow, no ink."),
    ],
)
def test_a_hint_in_words(hint: Hint, words: str) -> None:
    assert in_words(hint) == words


def test_certainty_in_words() -> None:
    assert certainty(1.0) == certainty(0.99) == "Very sure"
    assert certainty(0.986) == "Very sure"  # which percent() calls 99 %, too
    assert certainty(0.984) == certainty(0.5) == "Rather sure"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (["0", "7", "1"], "3 digits, 79% sure of all."),
        ([None, "0", "7", "1"], "3 digits, 79% sure of all. One mark left out."),
        (["0", None, "7", None], "2 digits, 79% sure of all. 2 marks left out."),
    ],
)
def test_a_number_says_what_is_left_out(labels: list[str | None], words: str) -> None:
    assert note(number(*labels)) == sentence(number(*labels)) == words
