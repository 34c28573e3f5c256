"""The words of the page for what was read."""

from __future__ import annotations

import pytest

from page.wording import certainty, percent


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


def test_certainty_in_words() -> None:
    assert certainty(1.0) == certainty(0.99) == "Very sure"
    assert certainty(0.986) == "Very sure"  # which percent() calls 99 %, too
    assert certainty(0.984) == certainty(0.5) == "Rather sure"
