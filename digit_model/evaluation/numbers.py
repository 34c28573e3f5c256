"""How well whole numbers are read: of the development writers' digits, and synthetic ones.

A third of the digits are synthetic, as in training: see :mod:`digit_model.data.handwriting`. Those
of the numbers that a writer's hand alone has made are reported by themselves, too.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.handwriting import LOWERED, RAISED, SPACINGS, random_hand
from digit_model.data.nondigits import CONTAIN_DIGITS, load_omniglot
from digit_model.data.number_photographs import photographed_page
from digit_model.data.number_pictures import draw_by_hand, draw_number, number_drawing
from digit_model.data.number_texts import of_form
from digit_model.data.photographs import KINDS, UNSEEN, Kind, photograph
from digit_model.data.signs import UNSEEN_SIGNS
from digit_model.data.streams import Stream
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.scores import confidence_gap
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]

PER_SPACING = 200  # drawn numbers
PLAIN = frozenset(f"drawn, {spacing}" for spacing in SPACINGS)  # of which lengths are reported
LENGTHS = (2, 3, 4, 5, 6, 8, 10, 12)
LINES = 100  # drawings of two or three lines
# Numbers among signs, 0 being any digit; so many drawings of each.
SIGNED = (
    *("00.00", "000,00", "00/00", "00:00", "000-0000", "0+00=00", "0×0", "00=", "(0)", "0)"),
    *("$00.00", "0,00€", "£00", "00%", "#00", "00÷0", "0*0", "√‾00", "0<00", "[00]", "{0;0}"),
    *("00!", "00\n―\n00", "000\n000\n―\n000"),
)
SIGNED_UNSEEN = tuple(f"00{sign}00" for sign in UNSEEN_SIGNS)
PER_SIGNED = 12
SMALL = 100  # drawings of numbers with a small last digit, as in 10² or x₁
PER_KIND = 4  # photographs of each kind
PHOTOGRAPHED = (2, 3, 4, 5)  # digits; more would be too small on the smallest pictures
PAGES_PER_KIND = 2  # photographs of whole pages
BINS = 10  # of confidence


@dataclass(frozen=True, eq=False)
class NumberError:
    """A number that was read wrong."""

    picture: np.ndarray  # uint8 (h, w) or (h, w, 3)
    text: str
    read: str


class Sample(NamedTuple):
    """A number to read."""

    text: str
    picture: np.ndarray  # uint8 (h, w) or (h, w, 3)
    recorded: bool = False  # one line, of recorded digits alone


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
    for index, spacing in enumerate(SPACINGS):
        for number in range(0, PER_SPACING, step):
            rng = np.random.default_rng((Stream.TEST_LINES, index, number))
            text = _random_text(LENGTHS[number // step % len(LENGTHS)], rng)
            hand = replace(random_hand(rng, "test", spacing), synthetic=0.0)
            sample = Sample(text, draw_by_hand(text, hand, rng, "test"), recorded=True)
            sets.setdefault(f"drawn, {spacing}", []).append(_read(recognizer, sample))
    return {name: _measure(found) for name, found in sets.items()}


def _read(recognizer: DigitRecognizer, sample: Sample) -> _Answer:
    """Without the picture: those of all samples would take hundreds of megabytes."""
    number = recognizer.read_number(sample.picture)
    return _Answer(sample.text, number.text, number.confidence, sample.recorded)


def number_samples(*, step: int = 1) -> Iterator[tuple[str, Sample]]:
    """The set of each number, and the number; of one in ``step``, of all lengths."""
    chosen = [each for n, each in enumerate(_numbers()) if n // len(LENGTHS) % step == 0]
    for name, make in tqdm(chosen, desc="numbers", leave=False, disable=None):
        yield name, make()


def _numbers() -> Iterator[tuple[str, Callable[[], Sample]]]:
    """The set of each, and what makes it: drawing takes longer than reading."""
    for index, spacing in enumerate(SPACINGS):
        for number in range(PER_SPACING):
            yield f"drawn, {spacing}", partial(_in_a_line, spacing, index, number)
    for number in range(LINES):
        yield "drawn, two or three lines", partial(_in_lines, number)
    for number in range(PER_SIGNED * len(SIGNED)):
        yield "drawn, among signs", partial(_among_signs, number)
    for number in range(PER_SIGNED * len(SIGNED_UNSEEN)):
        yield "drawn, among unseen signs", partial(_among_unseen_signs, number)
    for number in range(SMALL):
        yield "drawn, last digit small", partial(_small_at_the_end, number)
    for index, (name, kind) in enumerate(KINDS.items()):
        which = "unseen" if name in UNSEEN else "seen"
        for number in range(PER_KIND):
            yield f"photographs, {which} kinds", partial(_photographed, kind, index, number)
        for number in range(PAGES_PER_KIND):
            yield f"photographed pages, {which} kinds", partial(_page, kind, index, number)


def _in_a_line(spacing: str, index: int, number: int) -> Sample:
    rng = np.random.default_rng((Stream.LINES, index, number))
    text = _random_text(LENGTHS[number % len(LENGTHS)], rng)
    hand = random_hand(rng, "development", spacing)
    return Sample(text, draw_by_hand(text, hand, rng), recorded=hand.synthetic == 0)


def _in_lines(number: int) -> Sample:
    rng = np.random.default_rng((Stream.SEVERAL_LINES, number))
    lines = [_random_text(int(rng.integers(2, 6)), rng) for _ in range(rng.integers(2, 4))]
    return Sample("\n".join(lines), draw_number("\n".join(lines), rng))


def _among_signs(number: int) -> Sample:
    rng = np.random.default_rng((Stream.SIGNED, number))
    return _of_form(SIGNED[number % len(SIGNED)], rng)


def _among_unseen_signs(number: int) -> Sample:
    rng = np.random.default_rng((Stream.SIGNED_UNSEEN, number))
    return _of_form(SIGNED_UNSEEN[number % len(SIGNED_UNSEEN)], rng)


def _of_form(form: str, rng: np.random.Generator) -> Sample:
    written = of_form(form, rng)
    lines = ("".join(filter(str.isdigit, line)) for line in written.split("\n"))
    text = "\n".join(filter(None, lines))
    return Sample(text, draw_number(written, rng, spacing=str(rng.choice(["close", "usual"]))))


def _small_at_the_end(number: int) -> Sample:
    rng = np.random.default_rng((Stream.SMALL_AT_THE_END, number))
    text = _random_text(2 + number % 3, rng)
    small = (RAISED if number % 4 else LOWERED)[int(text[-1])]
    spacing = str(rng.choice(["close", "usual"]))
    return Sample(text, draw_number(text[:-1] + small, rng, spacing=spacing))


def _photographed(kind: Kind, index: int, number: int) -> Sample:
    rng = np.random.default_rng((Stream.PHOTOGRAPHED_LINES, index, number))
    text = _random_text(PHOTOGRAPHED[number % len(PHOTOGRAPHED)], rng)
    drawing, digit = number_drawing(text, rng)
    return Sample(text, photograph(drawing, kind, rng, digit=digit)[0])


def _page(kind: Kind, index: int, number: int) -> Sample:
    rng = np.random.default_rng((Stream.PHOTOGRAPHED_PAGES, index, number))
    return Sample(*photographed_page(kind, rng))


def _random_text(length: int, rng: np.random.Generator) -> str:
    return of_form("0" * length, rng)


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
