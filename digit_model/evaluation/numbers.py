"""How well whole numbers are read: of the development writers' digits, and synthetic ones.

A third of the digits are synthetic, as in training: see :mod:`digit_model.data.handwriting`. Those
of the numbers that a writer's hand alone has made are reported by themselves, too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.handwriting import SPACINGS
from digit_model.data.nondigits import CONTAIN_DIGITS, load_omniglot
from digit_model.data.streams import Stream
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.number_samples import (
    LENGTHS,
    Sample,
    number_samples,
    samples_of_test_writers,
)
from digit_model.evaluation.scores import confidence_gap
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]

PLAIN = frozenset(f"drawn, {spacing}" for spacing in SPACINGS)  # of which lengths are reported
BINS = 10  # of confidence


@dataclass(frozen=True, eq=False)
class NumberError:
    """A number that was read wrong."""

    picture: np.ndarray  # uint8 (h, w) or (h, w, 3)
    text: str
    read: str


@dataclass(frozen=True, eq=False)
class _Answer:
    text: str
    read: str
    confidence: float
    recorded: bool


def evaluate_numbers(
    recognizer: DigitRecognizer, *, step: int = 1
) -> tuple[Metrics, list[NumberError]]:
    """Exact numbers and digit errors of each set, and by length; and what was read wrong.

    ``step``: use every ``step``-th picture only, to save time.
    """
    answers: dict[str, list[_Answer]] = {}
    errors: list[NumberError] = []
    for name, sample in number_samples(step=step):
        answer = _read(recognizer, sample)
        answers.setdefault(name, []).append(answer)
        if answer.read != answer.text:
            errors.append(NumberError(sample.picture, answer.text, answer.read))
    drawn = [each for name in answers for each in answers[name] if name in PLAIN]
    lengths = {
        f"{length} digits": [each for each in drawn if len(each.text) == length]
        for length in LENGTHS
    }
    recorded = {name: [each for each in found if each.recorded] for name, found in answers.items()}
    return {
        "sets": {name: _measure(found) for name, found in answers.items()},
        "recorded": {name: _measure(found) for name, found in recorded.items() if found},
        "lengths": {name: _measure(found) for name, found in lengths.items() if found},
        "alone": _measure_digits(recognizer, step),
        **_measure_letters(recognizer, step),
    }, errors


def evaluate_test_numbers(recognizer: DigitRecognizer, *, step: int = 1) -> Metrics:
    """As the sets of :func:`evaluate_numbers`, of lines of the test writers' recorded digits."""
    sets: dict[str, list[_Answer]] = {}
    for name, sample in samples_of_test_writers(step=step):
        sets.setdefault(name, []).append(_read(recognizer, sample))
    return {name: _measure(found) for name, found in sets.items()}


def _read(recognizer: DigitRecognizer, sample: Sample) -> _Answer:
    """Without the picture: those of all samples would take hundreds of megabytes."""
    number = recognizer.read_number(sample.picture)
    return _Answer(sample.text, number.text, number.confidence, sample.recorded)


def _measure(answers: Sequence[_Answer]) -> Metrics:
    exact = np.array([each.text == each.read for each in answers])
    confidence = np.array([each.confidence for each in answers])
    digits = [(_digits(each.text), _digits(each.read)) for each in answers]
    edits = sum(edit_distance(text, read) for text, read in digits)
    return {
        "count": len(answers),
        "exact": float(exact.mean()),
        "digit_error_rate": edits / sum(len(text) for text, _ in digits),
        "confidence": float(confidence.mean()),
        "ece": confidence_gap(confidence, exact, bins=BINS),
    }


def _digits(text: str) -> str:
    return text.replace("\n", "")  # of several lines


def _measure_digits(recognizer: DigitRecognizer, step: int) -> Metrics:
    """Single digits, drawn under all conditions, read as numbers and as digits."""
    digits = pen_digits("development")[:: 12 * step]
    same = several = count = 0
    for condition in CONDITIONS:
        for number, digit in enumerate(digits):
            rng = np.random.default_rng((Stream.SINGLE_DIGITS, number))
            picture = draw(digit.drawing, condition, STYLES[1], rng)
            prediction, reading = recognizer.predict(picture), recognizer.read_number(picture)
            same += reading.text == (prediction.label or "")
            several += prediction.verdict == "several"
            count += 1
    return {"count": count, "same": same / count, "several": several / count}


def _measure_letters(recognizer: DigitRecognizer, step: int) -> Metrics:
    """The share of a new alphabet's characters that is read as digits.

    Of all, and without those in which digits can be read.
    """
    characters, names = (values[::step] for values in load_omniglot("development"))
    read = np.array([bool(recognizer.read_number(character).text) for character in characters])
    plain = read[~np.isin(names, list(CONTAIN_DIGITS))]
    return {
        name: {"count": len(each), "read": float(each.mean())}
        for name, each in (("letters", read), ("letters_without_digits", plain))
    }


def edit_distance(one: str, other: str) -> int:
    """The least number of insertions, deletions and replacements (Levenshtein, 1966)."""
    previous = list(range(len(other) + 1))
    for row, left in enumerate(one, 1):
        current = [row]
        for column, right in enumerate(other, 1):
            replaced = previous[column - 1] + (left != right)
            current.append(min(previous[column] + 1, current[-1] + 1, replaced))
        previous = current
    return previous[-1]
