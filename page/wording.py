"""A verdict in words, as the page shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model import NumberReading, Prediction
    from digit_model.hints import Hint

VERY_SURE = 99  # percent, from which on
UNREADABLE = "Can’t be read"  # the headline over the sentence that says why


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


def one_line(prediction: Prediction) -> str:
    """The headline on one line: the lines of a number are joined by a slash."""
    return headline(prediction) if prediction.number is None else prediction.number.one_line


def digit_count(prediction: Prediction) -> int:
    """How many digits were read."""
    if prediction.number is not None:
        return len(prediction.number.labelled())
    return 0 if prediction.label is None else 1


def sentence(prediction: Prediction, hint: Hint | None = None) -> str:
    """The verdict in words, as a screen reader says it, and the hint at a refusal."""
    if prediction.number is not None:
        sure = percent(prediction.number.confidence)
        said = f"{digit_count(prediction)} digits, {sure} sure of all."
        marks = left_out(prediction.number)
        return said if marks is None else f"{said} {marks}"
    first, second = (with_article(digit) for digit, _ in prediction.top_k[:2])
    said = {
        "digit": f"This is {first}. {certainty(prediction.confidence)}.",
        "unsure": f"It could be {first} or {second}.",
        "not_a_digit": "This does not look like a digit.",
        "blank": "There is nothing to read in this picture.",
    }[prediction.verdict]
    return said if hint is None else f"{said} {in_words(hint)}"


def left_out(number: NumberReading) -> str | None:
    """How many marks are no part of the number, such as dashes; None if all of them are."""
    count = sum(mark.verdict == "not_a_digit" for _, mark in number.digits)
    if count == 0:
        return None
    return "One mark left out." if count == 1 else f"{count} marks left out."


def in_words(hint: Hint) -> str:
    """Why a picture was refused."""
    if hint.label is None:
        return "Only light and shadow, no ink."
    what = with_article(hint.label) if len(hint.label) == 1 else hint.label
    return f"Turned by {hint.degrees}° it would be {what}."


def note(prediction: Prediction, hint: Hint | None = None) -> str:
    """What stands under the verdict in large letters: how sure it is, or why there is none."""
    if hint is not None:
        return in_words(hint)
    if prediction.verdict == "digit":
        return f"{certainty(prediction.confidence)}."
    return sentence(prediction)


def with_article(digit: str) -> str:
    """The digit with its article: "a 7", "an 8"."""
    return f"{'an' if digit == '8' else 'a'} {digit}"


def certainty(confidence: float) -> str:
    """How sure the answer is, in words, for a confidence in [0, 1] whose verdict is "digit"."""
    return "Very sure" if round(100 * confidence) >= VERY_SURE else "Rather sure"


def typeset(sentence: str) -> str:
    """A sentence of the recogniser's with the page's apostrophe."""
    return sentence.replace("'", "’")


def percent(share: float) -> str:
    """A share in [0, 1] in whole percent; nothing is certain, so never 0% or 100%."""
    rounded = round(100 * share)
    if rounded >= 100:
        return ">99%"
    return f"{rounded}%" if rounded >= 1 else "<1%"
