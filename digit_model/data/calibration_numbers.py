"""Numbers on which the confidence of numbers is fitted: development data."""

from collections.abc import Iterator

import numpy as np

from digit_model.data.number_photographs import photographed_page
from digit_model.data.number_pictures import PLAIN_ONES, draw_number, number_drawing
from digit_model.data.photographs import SEEN, photograph
from digit_model.data.signs import USUAL_SIGNS
from digit_model.data.streams import Stream

LONGEST, LONGEST_PHOTOGRAPHED = 10, 5  # digits
PAGES, PAGE_LINES = 0.2, (3, 10)  # share of those with many lines; in drawings, the latter excluded
SIGNED, SIGN_SHARE = 0.35, 0.3  # of the numbers; of their places between two digits


def calibration_numbers(count: int) -> Iterator[tuple[str, np.ndarray]]:
    """Numbers of the development writers, with signs among the digits or not, and their pictures.

    Three in four are drawings of lines of 1 to 10 digits, the others photographs of 1 to 5; and one
    in five of either is a page.
    """
    for number in range(count):
        yield _random_number(number, np.random.default_rng((Stream.CALIBRATION_NUMBERS, number)))


def _random_number(number: int, rng: np.random.Generator) -> tuple[str, np.ndarray]:
    photographed = number % 4 == 3
    longest = LONGEST_PHOTOGRAPHED if photographed else LONGEST
    lines = rng.integers(*PAGE_LINES) if not photographed and rng.random() < PAGES else 1
    text = "\n".join(_random_line(1 + number % longest, rng) for _ in range(lines))
    if not photographed:
        return text, draw_number(text, rng, plain_ones=PLAIN_ONES)
    kind = SEEN[rng.integers(len(SEEN))]  # the others measure
    if rng.random() < PAGES:
        return photographed_page(kind, rng)
    drawing, digit = number_drawing(text, rng)
    return text, photograph(drawing, kind, rng, digit=digit)[0]


def _random_line(count: int, rng: np.random.Generator) -> str:
    is_signed = rng.random() < SIGNED
    signs = rng.choice(list(USUAL_SIGNS), count - 1) if is_signed else [""] * (count - 1)
    text = str(rng.integers(10))
    for sign in signs:
        text += (str(sign) if rng.random() < SIGN_SHARE else "") + str(rng.integers(10))
    return text
