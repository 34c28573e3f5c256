"""The words of the page for what was read."""

from __future__ import annotations

import pytest

from digit_model.hints import Hint
from page.wording import certainty, in_words, percent


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
