"""What people write among digits: signs of arithmetic, of currencies, of punctuation, and bars.

On a grid whose baseline is 10 and a digit's top 0; as :mod:`digit_model.data.letters` has letters.
"""

from typing import Final

import numpy as np

from digit_model.data.strokes import Drawing
from digit_model.data.synthetic import interpolate

Shape = list[list[tuple[float, float]]]

SIGNS: Final[dict[str, Shape]] = {
    "-": [[(0, 6), (4, 6)]],
    "–": [[(0, 5.5), (8, 5.5)]],
    ".": [[(0, 10), (0.3, 10)]],
    ",": [[(0.6, 9.4), (0, 11.6)]],
    ":": [[(0, 4), (0.3, 4)], [(0, 9), (0.3, 9)]],
    "/": [[(5.5, -0.5), (0, 11)]],
    "+": [[(0, 6), (6, 6)], [(3, 3), (3, 9)]],
    "=": [[(0, 4.5), (6, 4.5)], [(0, 7.5), (6, 7.5)]],
    "×": [[(0, 3.5), (5, 8.5)], [(5, 3.5), (0, 8.5)]],
    "(": [[(2.5, -1), (0.4, 2.5), (0, 5), (0.4, 8), (2.5, 11.5)]],
    ")": [[(0, -1), (2.1, 2.5), (2.5, 5), (2.1, 8), (0, 11.5)]],
    "÷": [[(0, 6), (6, 6)], [(3, 3.2), (3.3, 3.2)], [(3, 8.8), (3.3, 8.8)]],
    "·": [[(0, 6), (0.3, 6)]],
    "*": [[(0, 2), (4, 6)], [(4, 2), (0, 6)], [(2, 1.5), (2, 6.5)]],
    "<": [[(5, 3), (0, 6), (5, 9)]],
    ">": [[(0, 3), (5, 6), (0, 9)]],
    "≈": [
        [(0, 4.8), (1.6, 3.8), (3.6, 5.2), (5.4, 4.2)],
        [(0, 7.6), (1.6, 6.6), (3.6, 8), (5.4, 7)],
    ],
    "√": [[(0, 6), (1.2, 5.4), (2.8, 10.5), (5, -1.2), (6.5, -1.2)]],
    "%": [
        [(6, 0), (0.5, 10)],
        [(1.2, 0), (-0.2, 1.8), (1.2, 3.5), (2.6, 1.8), (1.2, 0)],
        [(5.5, 6.5), (4.1, 8.2), (5.5, 10), (6.9, 8.2), (5.5, 6.5)],
    ],
    "$": [
        [(5, 1.8), (2.6, 0.6), (0.5, 2.5), (2.6, 4.9), (4.9, 7.2), (2.6, 9.4), (0, 8.2)],
        [(2.8, -1.3), (2.5, 11.3)],
    ],
    "€": [
        [(6, 1.2), (3.6, 0.1), (1, 2.5), (0.4, 5), (1, 7.6), (3.6, 10), (6, 8.8)],
        [(-0.8, 4.1), (4.6, 4)],
        [(-0.8, 6), (4.2, 5.9)],
    ],
    "£": [
        [(5, 1.9), (3.6, 0.3), (2, 1.7), (2.2, 5), (1.5, 9), (0.2, 9.7), (2.2, 9.3), (5.6, 10)],
        [(0.4, 5.3), (4.4, 5.2)],
    ],
    "[": [[(2.2, -1), (0, -1), (0, 11), (2.2, 11)]],
    "]": [[(0, -1), (2.2, -1), (2.2, 11), (0, 11)]],
    "{": [[(3, -1), (1.6, 0.2), (1.6, 3.8), (0, 5), (1.6, 6.2), (1.6, 9.8), (3, 11)]],
    "}": [[(0, -1), (1.4, 0.2), (1.4, 3.8), (3, 5), (1.4, 6.2), (1.4, 9.8), (0, 11)]],
    "!": [[(0.2, 0), (0, 6.8)], [(0, 9.8), (0.2, 9.8)]],
    "'": [[(0.5, -0.6), (0, 1.8)]],
    '"': [[(0.5, -0.6), (0, 1.8)], [(2, -0.6), (1.5, 1.8)]],
    ";": [[(0.4, 5), (0.7, 5)], [(0.6, 9), (0, 11.6)]],
    "‚": [[(0.8, 8.8), (1.4, 9.6), (1, 11), (0, 12.4)]],  # a comma with a hook
    "#": [
        [(2.2, 1), (1.2, 9.5)],
        [(5.2, 1), (4.2, 9.5)],
        [(0, 3.7), (6.6, 3.5)],
        [(-0.4, 6.9), (6.2, 6.7)],
    ],
}
USUAL_SIGNS = "-–.,:/+=×()"  # the commonest in numbers
# Never trained on.
UNSEEN_SIGNS: Final[dict[str, Shape]] = {
    "&": [[(7, 10), (2, 3), (3, 0.4), (4.6, 2), (0.4, 7), (2.4, 9.8), (6.6, 6)]],
    "±": [[(0, 5), (6, 5)], [(3, 2), (3, 8)], [(0, 10), (6, 10)]],
    "→": [[(0, 6), (8, 6)], [(5.6, 4), (8, 6), (5.6, 8)]],
    "~": [[(0, 6.6), (1.6, 5.4), (3.8, 7), (5.4, 5.8)]],
    "^": [[(0, 3.2), (2, 0), (4, 3.2)]],
    "π": [[(0, 3.4), (7, 3)], [(2, 3.4), (1.6, 9.8)], [(5, 3.2), (5, 9), (6.2, 9.6)]],
    "∑": [[(6, 1), (0, 0.5), (3.4, 5), (0, 9.8), (6.2, 9.6)]],
    "¥": [
        [(0, 0), (3, 5), (6, 0)],
        [(3, 5), (3, 10)],
        [(0.6, 5.6), (5.4, 5.6)],
        [(0.6, 7.6), (5.4, 7.6)],
    ],
    "✓": [[(0, 6), (2, 10), (7, 0)]],
}
# A line of its own: of a fraction, or of a sum; and what a root has above its digits.
BAR, OVERLINE = "―", "‾"
BAR_WIDTH, OVERLINE_WIDTH = (1.0, 6.0), (0.6, 2.5)  # in heights of a digit
OVERLINE_LEVEL = -1.12  # of the baseline
_CURVED = frozenset("()≈%$€£{}‚&~")


def draw_sign(sign: str, rng: np.random.Generator) -> Drawing:
    """A sign's strokes, in heights of a digit, its baseline at 0 and what is leftmost near 0."""
    if sign == BAR:
        return [_bar(BAR_WIDTH, 0.0, rng)]
    if sign == OVERLINE:
        return [_bar(OVERLINE_WIDTH, OVERLINE_LEVEL, rng)]
    size = np.exp(rng.normal(0, 0.15, 2)) / 10
    strokes = [
        interpolate(
            np.array(points) + rng.normal(0, 0.25, (len(points), 2)), curved=sign in _CURVED
        )
        for points in (SIGNS.get(sign) or UNSEEN_SIGNS[sign])
    ]
    return [((stroke - (0, 10)) * size).astype(np.float32) for stroke in strokes]


def _bar(widths: tuple[float, float], level: float, rng: np.random.Generator) -> np.ndarray:
    ends = np.array([(0.0, level), (rng.uniform(*widths), level)])
    return interpolate(ends + rng.normal(0, 0.04, (2, 2)), curved=False).astype(np.float32)
