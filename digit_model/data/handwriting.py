"""Lines of digits and signs as one person writes them, from recorded and synthetic digits.

Positions are in heights of a digit; a line's baseline is y = 0, and y points down.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from digit_model.data import WriterPart
from digit_model.data.letters import draw_letter
from digit_model.data.rendering import quantize_like_mouse, vary_strokes
from digit_model.data.signs import OVERLINE, draw_sign
from digit_model.data.strokes import Drawing, pen_digits, unit_drawing
from digit_model.data.synthetic import draw_allograph, draw_plain_one, interpolate, scribble
from digit_model.number import OTHER

# Gaps between the digits' boxes, in heights of a digit: mean and standard deviation.
SPACINGS = {
    "overlapping": (-0.12, 0.07),
    "touching": (0.0, 0.05),
    "close": (0.12, 0.06),
    "usual": (0.3, 0.12),
    "wide": (0.8, 0.3),
}
# So many of those who write with no given spacing set some digits nearer than the others, up to
# this share of them: of touching digits, a single pair is the commonest.
SOME_NEARER, NEARER = 0.5, 0.4
# Small digits, as in powers and in indices, and where their feet are, in heights of a digit.
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
SMALL_FEET = {RAISED: (-0.75, -0.5), LOWERED: (-0.05, 0.2)}
SMALL_HEIGHT = (0.32, 0.55)
PITCH, BAR_PITCH = 1.15, 0.2  # of lines, at least; from a line down to a bar of a fraction or sum


@dataclass(frozen=True)
class Hand:
    """How somebody writes numbers. Lengths in heights of a digit."""

    writer: int  # of the recorded ones
    synthetic: float  # share of the digits that are synthetic
    sizes: float  # standard deviation of the logarithm of the digits' heights
    baseline: float  # standard deviation of the digits' feet
    slant: float  # of everything: how far the top of a digit is to the right of its foot
    spacing: tuple[float, float]  # mean and standard deviation of the gaps
    nearer: float  # share of the gaps that are smaller: their digits touch or overlap
    variation: float  # strength of vary_strokes
    mouse: bool  # recorded with few points
    plain_ones: bool  # whether its 1s have no flag


class Mark(NamedTuple):
    """A digit or another mark and its strokes, in the line's unit."""

    kind: int  # the digit, or OTHER
    strokes: Drawing


def random_hand(
    rng: np.random.Generator, part: WriterPart, spacing: str = "", *, plain_ones: float = 0.0
) -> Hand:
    """Somebody of the writers of this part, or somebody synthetic.

    Args:
        rng: what is random.
        part: of the writers.
        spacing: a key of ``SPACINGS``; any by default.
        plain_ones: probability that the 1s have no flag, as many people's, but only one recorded
            writer's.
    """
    synthetic = float(rng.choice([0.0, 0.2, 1.0], p=[0.4, 0.3, 0.3]))
    chosen = spacing or str(rng.choice(list(SPACINGS), p=[0.1, 0.2, 0.25, 0.3, 0.15]))
    mixed = not spacing and rng.random() < SOME_NEARER
    return Hand(
        writer=int(rng.integers(len(_writers(part)))),
        synthetic=synthetic,
        sizes=abs(rng.normal(0, 0.14)),
        baseline=abs(rng.normal(0, 0.08)),
        slant=rng.normal(0.05, 0.25),
        spacing=SPACINGS[chosen],
        nearer=rng.uniform(0, NEARER) if mixed else 0.0,
        variation=rng.uniform(0.2, 0.9),
        mouse=rng.random() < 0.15,
        plain_ones=bool(plain_ones) and rng.random() < plain_ones,
    )


def write_line(text: str, hand: Hand, rng: np.random.Generator, part: WriterPart) -> list[Mark]:
    """A line of digits, small ones, signs, spaces and, for ``?``, letters and scribbles."""
    marks: list[Mark] = []
    pen_x = 0.0
    for sign in text:
        if sign == " ":
            pen_x += rng.uniform(0.3, 1.2)
            continue
        mark = _draw_sign(sign, hand, rng, part)
        points = np.concatenate(mark.strokes)
        low, high = points.min(axis=0), points.max(axis=0)
        gap = _gap(hand, rng) if marks else 0.0
        # Signs are rarely so near that they could be taken for a part of a digit.
        if marks and OTHER in (mark.kind, marks[-1].kind):
            gap = max(gap, rng.uniform(0.08, 0.35))
        advance = gap + max(float(high[0] - low[0]), 0.04)
        if sign == OVERLINE:  # what it covers comes next
            gap = advance = 0.0
        to_right = np.array([pen_x + gap - low[0], 0])
        marks.append(Mark(mark.kind, [stroke + to_right for stroke in mark.strokes]))
        pen_x += advance
    return marks


def _gap(hand: Hand, rng: np.random.Generator) -> float:
    """Between two digits."""
    if hand.nearer and rng.random() < hand.nearer:
        return rng.normal(*SPACINGS[str(rng.choice(["overlapping", "touching"]))])
    return rng.normal(*hand.spacing)


def write_lines(
    texts: Iterable[str], hand: Hand, pen: float, rng: np.random.Generator, part: WriterPart
) -> list[Mark]:
    """Lines of :func:`write_line` below each other."""
    return place_lines([write_line(text, hand, rng, part) for text in texts], hand, pen, rng)


def place_lines(
    lines: Sequence[Sequence[Mark]], hand: Hand, pen: float, rng: np.random.Generator
) -> list[Mark]:
    """Lines below each other, slanted, a little curved and tilted."""
    placed: list[Mark] = []
    baseline, tilt = 0.0, rng.normal(0, 0.05)
    for line, below in itertools.zip_longest(lines, lines[1:], fillvalue=()):
        start = rng.normal(0, 0.4) if rng.random() < 0.5 else rng.uniform(0, 2)
        bend, tilt_of_line = rng.normal(0, 0.003), tilt + rng.normal(0, 0.015)
        for kind, strokes in line:
            moved = []
            for stroke in strokes:
                x = stroke[:, 0] - hand.slant * stroke[:, 1] + start
                y = stroke[:, 1] + baseline + tilt_of_line * x + bend * x**2
                moved.append(np.stack([x, y], 1).astype(np.float32))
            placed.append(Mark(kind, moved))
        pitch = BAR_PITCH if _is_bar(below) else PITCH
        baseline += pitch + 0.5 * pen + rng.exponential(0.35)
    return placed


def _is_bar(line: Sequence[Mark]) -> bool:
    """Whether it is one wide, low mark, as between the halves of a fraction and below a sum."""
    if len(line) != 1 or line[0].kind != OTHER:
        return False
    width, height = np.ptp(np.concatenate(line[0].strokes), axis=0)
    return bool(width > 4 * height and height < 1 / 4)


@cache
def _writers(part: WriterPart) -> list[list[list[Drawing]]]:
    """The recorded digits of each writer, by label."""
    by_writer: dict[str, list[list[Drawing]]] = {}
    for digit in pen_digits(part):
        by_writer.setdefault(digit.writer, [[] for _ in range(10)])[digit.label].append(
            digit.drawing
        )
    return list(by_writer.values())


def _draw_sign(sign: str, hand: Hand, rng: np.random.Generator, part: WriterPart) -> Mark:
    for small, feet in SMALL_FEET.items():
        if sign in small:
            label, strokes = _draw_sign(str(small.index(sign)), hand, rng, part)
            height, foot = rng.uniform(*SMALL_HEIGHT), rng.uniform(*feet)
            return Mark(label, [stroke * height + (0, foot) for stroke in strokes])
    if sign.isdigit():
        label = int(sign)
        if label == 1 and hand.plain_ones:
            drawing = draw_plain_one(rng)
        elif rng.random() < hand.synthetic:
            drawing = draw_allograph(label, rng)
        else:
            samples = _writers(part)[hand.writer][label]
            drawing = vary_strokes(
                samples[rng.integers(len(samples))], rng, strength=hand.variation
            )
        if hand.mouse:
            drawing = quantize_like_mouse(drawing, rng)
        if len(drawing) > 1 and rng.random() < 0.15:  # a bar that stands apart
            drawing[1:] = [stroke + rng.normal(0, 0.06, 2) for stroke in drawing[1:]]
        return Mark(label, _on_baseline(drawing, hand, rng))
    if sign == "?":
        if rng.random() < 0.75:
            drawing = vary_strokes(draw_letter(rng), rng)
        else:
            drawing = unit_drawing([interpolate(scribble(rng), curved=True)])
        drawing = [stroke * rng.uniform(0.6, 1.2) for stroke in drawing]
        return Mark(OTHER, _on_baseline(drawing, hand, rng))
    return Mark(OTHER, draw_sign(sign, rng))


def _on_baseline(drawing: Drawing, hand: Hand, rng: np.random.Generator) -> Drawing:
    size = float(np.exp(rng.normal(0, hand.sizes)))
    foot = rng.normal(0, hand.baseline)
    lowest = max(float(stroke[:, 1].max()) for stroke in drawing)
    return [stroke * size + (0, foot - lowest * size) for stroke in drawing]
