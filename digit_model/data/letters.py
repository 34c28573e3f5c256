"""Letters and symbols as pen strokes, for the non-digits.

Drawn for this project on a grid of 10×10, y downward. A line is a name and its strokes: strokes are
separated by ``;``, points by spaces, and ``~`` marks a stroke that is a curve through its points.
Letters that look like digits (O, I, l, Z, S, B, b, G, g, q, D, z, s, i, y …) are left out.
"""

import numpy as np

from digit_model.data.strokes import Drawing, unit_drawing
from digit_model.data.synthetic import interpolate

POINT_NOISE = 0.35  # scale of the noise on each point, in units of the grid

LETTERS = """
A 0,10 4,0 8,10;1.5,6.5 6.5,6.5
A ~0,10 2,3 4,0 6,3 8,10;1,6 7,6
C ~8,2 5,0 1,2 0,5 1,8 5,10 8,8
E 7,0 0,0 0,10 7,10;0,5 6,5
E ~7,1 3,0 1,2 4,4.5;~4,4.5 0,7 3,10 7,9
F 7,0 0,0 0,10;0,5 5,5
F 1,0 1,10;0,0 7,0;1,5 5,5
H 0,0 0,10;7,0 7,10;0,5 7,5
J 1,0 8,0;~5,0 5,8 3,10 0,8
K 0,0 0,10;7,0 0,5.5 7,10
L 0,0 0,10 7,10
M 0,10 1,0 4.5,7 8,0 9,10
M ~0,10 1,0 4,8 5,8 8,0 9,10
N 0,10 0,0 7,10 7,0
P 0,0 0,10;~0,0.5 5,0 7,2.5 5,5 0,5
R 0,10 0,0;~0,0.5 5,0 6.5,2.5 5,5 0,5;2.5,5 7,10
T 0,0 9,0;4.5,0 4.5,10
T 0,1 8,0;4,0.5 4.5,10
U ~0,0 0,7 3.5,10 7,7 7,0
V 0,0 4,10 8,0
W 0,0 2.5,10 5,3 7.5,10 10,0
W ~0,0 2,9 4,9 5,3 6,9 8,9 10,0
X 0,0 7,10;7,0 0,10
Y 0,0 4,5 8,0;4,5 4,10
a ~6,1 3,0 0,3 1,6 4,6 6,2;~6,0 6,5 8,6.5
a ~7,3 5,0 1,1 0,5 3,7 6,5 7,1 7,6 9,7
c ~6,1.5 3,0 0,3.5 2,7 6,6
d ~6,5 3,4 0,7 2,10 5,9 6,6;6,0 6,10
d ~6,6 3,5 0,7.5 3,10 6,8 6,0;6,0 6.5,9 8,10
e ~0.5,4 6,3 5,0 2,0 0,4 2,7 6,6
f ~7,1 5,0 3,2 3,10;0,4 6,4
h 0,0 0,10;~0,6 2.5,4.5 5,6 5,10
k 0,0 0,10;5,4 0,7 5,10
m 0,0 0,7;~0,2 2,0 3.5,2 3.5,7;~3.5,2 5.5,0 7,2 7,7
n 0,0 0,7;~0,2.5 3,0 5,2.5 5,7
p 0,0 0,10;~0,1 3,0 5,2.5 3,5.5 0,5
r 0,0 0,7;~0,3 1.5,0.5 4,0.5
t 3,0 3,9;0,3 6,3
t ~3,0 3,8 4.5,10 6.5,9;0,3 6,3
u ~0,0 0,5 2,7 5,5 5,0;5,0 5,7
v 0,0 3,7 6,0
w 0,0 2,7 4,2 6,7 8,0
x 0,0 6,7;6,0 0,7
x ~0,1 2,0 4,7 6,6;6,0 0,7
+ 4,0 4,8;0,4 8,4
= 0,0 8,0;0,4 8,4
check 0,6 3,10 9,0
heart ~4.5,3 2.5,0 0,2 4.5,9;~4.5,3 6.5,0 9,2 4.5,9
arrow 0,4 10,4;6,1 10,4 6,7
arrow 4,10 4,0;1,3 4,0 7,3
star 2,10 5,0 8,10 0,4 10,4 2,10
percent ~2,0 0,2 2,4 4,2 2,0;~8,6 6,8 8,10 10,8 8,6;9,0 1,10
pi 0,1 9,0;2.5,1 2,9;6.5,1 7,9
Sigma 7,0 0,0 4,5 0,10 7,10
Omega ~0,10 3,10 0,5 4,0 8,5 5,10 8,10
lambda ~1,0 3,2 8,10;4,4 0,10
Zhe 4.5,0 4.5,10;0,0 4.5,5 0,10;9,0 4.5,5 9,10
I 0,0 0,10 6,0 6,10
Ya 6,10 6,0;~6,0.5 1,0 0,3 2,5 6,5;3,5 0,10
Shcha 0,0 0,8 8,8 8,0;4,0 4,8;8,8 9,10
Yu 0,0 0,10;0,5 3,5;~6,0 3,5 6,10 9,5 6,0
house 0,4 5,0 10,4 10,10 0,10 0,4;4,10 4,6 6,6 6,10
ma 1,0 1,8;1,1 9,1 9,8;4,3 6,7
ta 0,2 9,1;4,0 1,9;5,5 9,5;~5,8 7,9 9,8
alef 0,0 8,10;~7,0 7,3 4,4;~3,4 0,6 1,10
""".splitlines()


def draw_letter(rng: np.random.Generator) -> Drawing:
    """A random letter or symbol with random noise and width, in the unit box."""
    _, strokes = LETTER_STROKES[rng.integers(len(LETTER_STROKES))]
    noise = abs(rng.normal(0, POINT_NOISE))  # standard deviation, another one for each letter
    width = float(np.exp(rng.normal(0, 0.18)))
    rounded = rng.random() < 0.2  # corners become curves, as in fast writing
    return unit_drawing(
        [
            interpolate(
                (points + rng.normal(0, noise, points.shape)) * (width, 1.0),
                curved=curved or rounded,
            )
            for points, curved in strokes
        ]
    )


def _parse(line: str) -> tuple[str, list[tuple[np.ndarray, bool]]]:
    """Name, and for each stroke its points (n, 2) and whether it is a curve."""
    name, strokes = line.split(" ", 1)
    return name, [
        (
            np.array([point.split(",") for point in stroke.lstrip("~").split()], np.float64),
            stroke.startswith("~"),
        )
        for stroke in strokes.split(";")
    ]


LETTER_STROKES = [_parse(line) for line in LETTERS if line]
