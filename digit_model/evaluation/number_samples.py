"""The numbers that are read to measure how well numbers are read, and their pictures."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from digit_model.data.handwriting import LOWERED, RAISED, SPACINGS, random_hand
from digit_model.data.number_photographs import photographed_enclosure, photographed_page
from digit_model.data.number_pictures import draw_by_hand, draw_number, number_drawing
from digit_model.data.number_texts import of_form
from digit_model.data.photographs import KINDS, UNSEEN, Kind, photograph
from digit_model.data.signs import UNSEEN_SIGNS
from digit_model.data.streams import Stream

PER_SPACING = 200  # drawn numbers
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
PLAIN_ONES = 160  # drawings of numbers whose 1s have no flag
SMALL = 100  # drawings of numbers with a small last digit, as in 10² or x₁
PER_KIND = 4  # photographs of each kind
PHOTOGRAPHED = (2, 3, 4, 5)  # digits; more would be too small on the smallest pictures
PAGES_PER_KIND = 2  # photographs of whole pages
# Kinds of photographs of numbers in a drawn ring or box, and so many of each.
ENCLOSED_ON = ("plain paper", "ruled paper", "squared paper", "shadow with an edge", "two lamps")
PER_ENCLOSED = 16


class Sample(NamedTuple):
    """A number to read."""

    text: str
    picture: np.ndarray  # uint8 (h, w) or (h, w, 3)
    recorded: bool = False  # one line, of recorded digits alone


def number_samples(*, step: int = 1) -> Iterator[tuple[str, Sample]]:
    """The set of each number, and the number; of one in ``step``, of all lengths."""
    chosen = [each for n, each in enumerate(_numbers()) if n // len(LENGTHS) % step == 0]
    for name, make in tqdm(chosen, desc="numbers", leave=False, disable=None):
        yield name, make()


def samples_of_test_writers(*, step: int = 1) -> Iterator[tuple[str, Sample]]:
    """The same for lines of the test writers' recorded digits."""
    for index, spacing in enumerate(SPACINGS):
        for number in range(0, PER_SPACING, step):
            rng = np.random.default_rng((Stream.TEST_LINES, index, number))
            text = _random_text(LENGTHS[number // step % len(LENGTHS)], rng)
            hand = replace(random_hand(rng, "test", spacing), synthetic=0.0)
            picture = draw_by_hand(text, hand, rng, "test")
            yield f"drawn, {spacing}", Sample(text, picture, recorded=True)


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
    for number in range(PLAIN_ONES):
        yield "drawn, 1s without a flag", partial(_with_plain_ones, number)
    for number in range(SMALL):
        yield "drawn, last digit small", partial(_small_at_the_end, number)
    for index, (name, kind) in enumerate(KINDS.items()):
        which = "unseen" if name in UNSEEN else "seen"
        for number in range(PER_KIND):
            yield f"photographs, {which} kinds", partial(_photographed, kind, index, number)
        for number in range(PAGES_PER_KIND):
            yield f"photographed pages, {which} kinds", partial(_page, kind, index, number)
    for index, name in enumerate(ENCLOSED_ON):
        for number in range(PER_ENCLOSED):
            make = partial(_enclosed, KINDS[name], index, number)
            yield "photographed in a drawn ring or box", make


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


def _with_plain_ones(number: int) -> Sample:
    """A third of the digits are ones, at least one is; nearer to each other, they'd be a blot."""
    rng = np.random.default_rng((Stream.PLAIN_ONES, number))
    length = LENGTHS[number % len(LENGTHS)]
    ones = rng.random(length) < 1 / 3
    ones[rng.integers(length)] = True
    text = "".join("1" if one else _random_text(1, rng) for one in ones)
    spacing = str(rng.choice(["usual", "wide"]))
    return Sample(text, draw_number(text, rng, spacing, plain_ones=1.0))


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


def _enclosed(kind: Kind, index: int, number: int) -> Sample:
    rng = np.random.default_rng((Stream.PHOTOGRAPHED_ENCLOSURES, index, number))
    return Sample(*photographed_enclosure(kind, rng))


def _random_text(length: int, rng: np.random.Generator) -> str:
    return of_form("0" * length, rng)
