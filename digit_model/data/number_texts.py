"""What is written in synthetic pictures of numbers: lines of digits, letters and signs."""

import itertools

import numpy as np

from digit_model.data.handwriting import LOWERED, RAISED
from digit_model.data.signs import BAR, OVERLINE, SIGNS, USUAL_SIGNS

LONGEST = 14  # marks in a line
# Shares of the numbers with small digits, of their digits behind others, and of these the raised.
WITH_SMALL, SMALL_DIGITS, RAISED_DIGITS = 0.15, 0.25, 0.7
MORE_SIGNS = 8  # of all of them, in a number, beside the usual ones
BARRED, UNDERLINED = 0.2, 0.03  # shares of several lines and of single ones with a bar below one
# How people write numbers, 0 being any digit. Among signs at random, two apostrophes are rare, and
# so is a single digit within brackets.
FORMED = 0.15  # share of them
FORMS = (
    *("0'000", "00'000", "000'000", "0'000'000", "000'000'000", "0,000,000", "00.000,00"),
    *("(0)", "0(0)", "(0+0)", "0(0-0)", "[0]", "(00) 0000", "(000) 000-0000"),
    *("0/0", "00/00", "0/0/00", "00/00/0000", "0/00/0000", "00.00.0000", "0000-00-00", "00:00"),
    *("0%", "00%", "0.0%", "00,0%", "0+0=0", "00×0=00", "00-0=00", "00÷0=0", "√00"),
)


def random_lines(rng: np.random.Generator) -> list[str]:
    """Some digits, or letters, or both with signs among them, in one to three lines.

    In them ``?`` is a letter or a scribble.
    """
    what = rng.random()
    if what < 0.14:
        return [str(rng.integers(10))]
    if what < 0.24:
        return ["".join(rng.choice(list("??? "), int(rng.integers(1, 8)))) + "?"]
    if what < 0.24 + FORMED:
        return [of_form(FORMS[rng.integers(len(FORMS))], rng)]
    lines = int(rng.choice([1, 2, 3], p=[0.78, 0.15, 0.07]))
    signs, letters = rng.random() < 0.4, rng.random() < 0.12
    alphabet = [*"0123456789" * 2, *("?????" if letters else "")]
    if signs:
        alphabet += [*USUAL_SIGNS, *"  ", *rng.choice(list(SIGNS), MORE_SIGNS), "√" + OVERLINE]
    texts = [
        "".join(rng.choice(alphabet, min(LONGEST, 1 + int(rng.geometric(0.24)))))
        for _ in range(lines)
    ]
    if rng.random() < WITH_SMALL:
        texts = [_with_small(text, rng) for text in texts]
    if rng.random() < (BARRED if lines > 1 else UNDERLINED):
        texts.insert(int(rng.integers(1, lines + 1)), BAR)
    return texts


def of_form(form: str, rng: np.random.Generator) -> str:
    """With a random digit for each 0."""
    return "".join(str(rng.integers(10)) if sign == "0" else sign for sign in form)


def _with_small(text: str, rng: np.random.Generator) -> str:
    """With some of the digits behind others small, as in 10² and x₁."""
    marks = list(text)
    for place, (before, mark) in enumerate(itertools.pairwise(text), 1):
        if before.isdigit() and mark.isdigit() and rng.random() < SMALL_DIGITS:
            marks[place] = (RAISED if rng.random() < RAISED_DIGITS else LOWERED)[int(mark)]
    return "".join(marks)
