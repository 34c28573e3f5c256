"""Ink that is not a digit: letters, characters, shapes, scribbles and blots.

For outlier exposure (Hendrycks, Mazeika and Dietterich, 2019): the network is trained to give each
of these the same probability for all classes. Letters that look like digits (O, I, l, Z, S, b, g,
q …) are left out.
"""

from collections.abc import Callable
from functools import cache, partial

import cv2
import numpy as np

from digit_model.data import Part, data_file
from digit_model.data.letters import draw_letter
from digit_model.data.parallel import map_parallel
from digit_model.data.pens import NONDIGIT_PEN, log_uniform
from digit_model.data.rendering import render, vary_strokes
from digit_model.data.scans import random_affine
from digit_model.data.streams import Stream
from digit_model.data.strokes import Drawing, unit_drawing
from digit_model.data.synthetic import interpolate, scribble
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess

CANVAS = 128  # pixels
OMNIGLOT_FILE = "omniglot_dev.npz"  # Lake et al., 2015; MIT
DEVELOPMENT_ALPHABET = "Tagalog"  # not trained on
# Found by looking at all characters.
LOOK_LIKE_DIGITS = frozenset(
    f"{alphabet}/character{number:02}"
    for alphabet, numbers in {
        "Balinese": (5, 14),
        "Early_Aramaic": (1, 2, 3, 4, 6, 12, 14, 16, 17, 20),
        "Korean": (21, 22, 33),
        "Tagalog": (3, 16),
    }.items()
    for number in numbers
)
# Characters of the development alphabet in which digits can be read: "32" and "V3".
CONTAIN_DIGITS = frozenset({"Tagalog/character07", "Tagalog/character14"})
PRINTED_LETTERS = "AEFHKMNPRWXVadefhkmnprtwx&@#%?$+*<>="
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def nondigits(count: int, seed: int, find_ink: FindInk | None = None) -> np.ndarray:
    """uint8 (count, 28, 28): letters, characters, shapes and scribbles, never blank.

    ``find_ink`` is the ink network that preprocesses them, by default the one that ships.
    """
    seeds = [(seed, Stream.NONDIGITS, number) for number in range(count)]
    return map_parallel(partial(draw_nondigit, find_ink=find_ink), seeds, title="non-digits")


def draw_nondigit(seed: tuple[int, ...], find_ink: FindInk | None = None) -> np.ndarray:
    """A preprocessed picture of a random one of :data:`GENERATORS`: uint8 (28, 28), never blank."""
    rng = np.random.default_rng(seed)
    while True:
        digit = preprocess(GENERATORS[rng.integers(len(GENERATORS))](rng), find_ink)
        if digit.any():
            return digit


def _printed_letter(rng: np.random.Generator) -> np.ndarray:
    image = np.zeros((CANVAS, CANVAS), np.uint8)
    text = PRINTED_LETTERS[rng.integers(len(PRINTED_LETTERS))]
    font = FONTS[rng.integers(len(FONTS))]
    size = 5.0 if font == cv2.FONT_HERSHEY_PLAIN else 2.6
    cv2.putText(image, text, (30, 96), font, size, 255, int(rng.integers(2, 18)), cv2.LINE_AA)
    matrix = np.array(
        [[1.0, rng.normal(0, 0.15), 0], [rng.normal(0, 0.12), np.exp(rng.normal(0, 0.15)), 0]]
    )
    matrix[:, 2] = CANVAS / 2 - matrix[:, :2] @ (CANVAS / 2, CANVAS / 2)
    return cv2.warpAffine(image, matrix, (CANVAS, CANVAS))


def _render_varied(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """A random variation of a drawing in any unit, with a random pen: uint8 (128, 128)."""
    pen = log_uniform(NONDIGIT_PEN, rng)
    varied = vary_strokes(unit_drawing(drawing), rng)
    return render(varied, canvas=CANVAS, height=0.85, pen_width=pen)


def _scribble(rng: np.random.Generator) -> np.ndarray:
    strokes = [interpolate(scribble(rng, 7), curved=True) for _ in range(rng.integers(1, 4))]
    return _render_varied(strokes, rng)


def _zigzag(rng: np.random.Generator) -> np.ndarray:
    count = int(rng.integers(5, 14))
    x = np.arange(count) * rng.uniform(0.1, 0.4)
    y = np.where(np.arange(count) % 2, 1.0, 0.0) + rng.normal(0, 0.1, count)
    points = np.stack([x, y], axis=1)
    points = points if rng.random() < 0.5 else points[:, ::-1]
    return _render_varied([interpolate(points, curved=rng.random() < 0.5)], rng)


def _polygon(rng: np.random.Generator) -> np.ndarray:
    """A triangle, a pentagram or a star. Convex polygons with more corners look like a zero."""
    corners = int(rng.choice([3, 5, 8, 10, 12]))
    indices = np.arange(corners + 1)
    angles = rng.uniform(0, 6.3) + indices * 2 * np.pi / corners
    radius = np.where(indices % 2, 0.4, 1.0) if corners > 5 else np.ones(corners + 1)
    points = np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1)
    if corners == 5:
        points = points[[0, 2, 4, 1, 3, 0]]
    return _render_varied([interpolate(points, curved=False)], rng)


def _lines(rng: np.random.Generator) -> np.ndarray:
    """Three to seven straight strokes at random: hashes, crosses, asterisks, hatching."""
    ends = [rng.uniform(-1, 1, (2, 2)) for _ in range(rng.integers(3, 8))]
    return _render_varied([interpolate(pair, curved=False) for pair in ends], rng)


def _spiral(rng: np.random.Generator) -> np.ndarray:
    angles = np.linspace(0, rng.uniform(2.3, 5) * 2 * np.pi, 70) * rng.choice([-1, 1])
    radius = np.linspace(rng.uniform(0, 0.2), 1, 70)
    return _render_varied(
        [np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1)], rng
    )


def _face(rng: np.random.Generator) -> np.ndarray:
    """A ring with smaller rings in it: faces, targets, wheels, clocks."""
    angles = np.linspace(0, 2 * np.pi, 24)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    marks = [
        ring * rng.uniform(0.05, 0.3) + rng.uniform(-0.5, 0.5, 2) for _ in range(rng.integers(2, 5))
    ]
    return _render_varied([ring, *marks], rng)


def _blot(rng: np.random.Generator) -> np.ndarray:
    """Thresholded smooth noise: blots, textures, coffee stains."""
    noise = rng.normal(size=(CANVAS, CANVAS)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), float(np.exp(rng.uniform(np.log(1.0), np.log(14)))))
    return ((smooth > np.percentile(smooth, rng.uniform(50, 92))) * 255).astype(np.uint8)


@cache
def load_omniglot(part: Part) -> tuple[np.ndarray, np.ndarray]:
    """Characters of the training alphabets or of the development alphabet.

    uint8 (N, 105, 105), white on black, without those that look like digits; and the name of each,
    str (N,).
    """
    with np.load(data_file(OMNIGLOT_FILE)) as arrays:
        chosen = (arrays["alphabet"] == DEVELOPMENT_ALPHABET) == (part == "development")
        chosen &= ~np.isin(arrays["labels"], list(LOOK_LIKE_DIGITS))
        return arrays["images"][chosen], arrays["labels"][chosen]


def _omniglot_character(rng: np.random.Generator) -> np.ndarray:
    characters, _ = load_omniglot("training")
    image = characters[rng.integers(len(characters))]
    width = int(rng.integers(1, 6))
    image = cv2.dilate(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return random_affine(image, rng, height=float(rng.uniform(40, 105)), stretch=0.15)


def _handwritten_letter(rng: np.random.Generator) -> np.ndarray:
    return _render_varied(draw_letter(rng), rng)


# One is drawn uniformly; an entry that is listed n times is n times as likely.
GENERATORS: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    *(_handwritten_letter,) * 7,
    *(_printed_letter,) * 3,
    *(_omniglot_character,) * 3,
    *(_scribble, _scribble, _zigzag, _polygon, _lines, _spiral, _face, _blot),
)
