"""Ones with a flag, and sevens: one family of figures, labelled as the recorded writers mean them.

A stem, and a flag or a top that leads to its head. How steeply that rises, its length and the
stem's lean are continuous and independent; there may be a foot, a serif or a bar across the stem.
`python benchmarks/one_or_seven.py` fits the rule to the writers and shows how weights follow it.
"""

from dataclasses import dataclass

import numpy as np

from digit_model.data.allographs import Points, Stroke, bar_across

# Logit that a figure without further marks is meant as a seven: at no rise and no length, for each
# degree of rise, and for each stem of length. The lean adds nothing.
SEVEN, PER_DEGREE, PER_LENGTH = 7.35, -0.237, -5.25
LONGEST = 0.75  # stems, of the tops of nearly all sevens of theirs; longer ones count as this
# What is drawn: means and standard deviations of the rise, densest near the boundary, and of the
# lean, in degrees; range of the length, in stems.
RISE, LEAN, LENGTH = (25.0, 20.0), (12.0, 12.0), (0.2, 1.1)
# Nobody adds a serif or a bar to a steep flag, or a foot where the top falls.
MOST_RISE_OF_SEVEN, LEAST_RISE_OF_FOOTED = 30.0, 0.0


@dataclass(frozen=True)
class Figure:
    """What makes a one or a seven.

    Attributes:
        rise: of the flag from its tip to the stem's head, degrees above the horizontal.
        length: of the flag, in lengths of the stem.
        lean: of the stem to the right, degrees.
        foot, serif, bar: below the stem, down from the flag's tip, and across the stem.
    """

    rise: float
    length: float
    lean: float
    foot: bool = False
    serif: bool = False
    bar: bool = False

    @property
    def seven(self) -> float:
        """Probability that it is meant as a seven, in [0, 1]; else as a one."""
        if self.bar or self.serif:
            return 1.0
        if self.foot:
            return 0.0
        logit = SEVEN + PER_DEGREE * self.rise + PER_LENGTH * min(self.length, LONGEST)
        return float(1 / (1 + np.exp(-logit)))


def random_figure(label: int, rng: np.random.Generator) -> Figure:
    """One that is meant as this label, 1 or 7: near the boundary, some of both are."""
    while True:
        rise, length = rng.normal(*RISE), rng.uniform(*LENGTH)
        marked = rise < MOST_RISE_OF_SEVEN
        foot = rise > LEAST_RISE_OF_FOOTED and rng.random() < 0.25
        figure = Figure(
            rise=rise,
            length=length,
            lean=rng.normal(*LEAN),
            foot=foot,
            serif=not foot and marked and rng.random() < 0.15,
            bar=not foot and marked and rng.random() < 0.3,
        )
        if (rng.random() < figure.seven) == (label == 7):
            return figure


def draw_figure(figure: Figure, rng: np.random.Generator) -> list[Stroke]:
    """Its strokes; the stem is 1 high, and what the figure doesn't say is random."""
    lean, rise = np.tan(np.radians(figure.lean)), np.radians(figure.rise)
    stem = float(np.hypot(1, lean))
    tip = (-figure.length * stem * np.cos(rise), figure.length * stem * np.sin(rise))
    sag = rng.normal(0, 0.04) if rng.random() < 0.5 else 0.0
    flag: Points = [tip, (tip[0] / 2, tip[1] / 2 + sag), (0.0, 0.0)]
    foot = (-lean, 1.0)
    bend = rng.normal(0, 0.03) if rng.random() < 0.5 else 0.0
    down: Points = [(0.0, 0.0), (-lean / 2 + bend, 0.5), foot]
    if rng.random() < 0.2:  # a rounded head
        strokes: list[Stroke] = [([*flag, *down[1:]], True)]
    else:
        strokes = [(flag, True), (down, True)]
    if figure.serif:
        drop = rng.uniform(0.1, 0.25)
        strokes.insert(0, ([(tip[0] + rng.normal(0, 0.04), tip[1] + drop), tip], False))
    if figure.bar:
        y = rng.uniform(0.35, 0.65)
        strokes.append(bar_across(rng, -lean * y, y, rng.uniform(0.3, 0.75)))
    if figure.foot:
        strokes.append(bar_across(rng, *foot, rng.uniform(0.3, 0.9)))
    return strokes
