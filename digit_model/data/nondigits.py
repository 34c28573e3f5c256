"""Ink that is no digit: letters, characters, shapes, scribbles and blots, for outlier exposure.

Training asks the network to be undecided about these (Hendrycks, Mazeika and Dietterich, 2019), so
that it grows no confidence on a horse. Letters that are digits to any eye (O, I, l, Z, S, b, g,
q …) are left out.
"""

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np

from digit_model.data import Part, data_file
from digit_model.data.letters import write_letter
from digit_model.data.parallel import map_parallel
from digit_model.data.pens import NONDIGIT_PEN, log_uniform
from digit_model.data.rendering import render, vary_strokes
from digit_model.data.scans import random_affine
from digit_model.data.strokes import Drawing, unit_drawing
from digit_model.data.synthetic import interpolate
from digit_model.preprocess import preprocess

CANVAS = 128  # pixels
OMNIGLOT_FILE = "omniglot_dev.npz"  # Lake et al., 2015; MIT
DEVELOPMENT_ALPHABET = "Tagalog"  # trains nothing
# Characters that are digits to any eye, found by looking at all of them.
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
LETTERS = "AEFHKMNPRWXVadefhkmnprtwx&@#%?$+*<>="
FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_PLAIN,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def nondigits(count: int, seed: int) -> np.ndarray:
    """uint8 (count, 28, 28): letters, characters, shapes and scribbles, never blank."""
    seeds = [(seed, 2, number) for number in range(count)]
    return map_parallel(draw_nondigit, seeds, title="non-digits")


def draw_nondigit(seed: tuple[int, ...]) -> np.ndarray:
    """One of the families at random, through the preprocessing: uint8 (28, 28), never blank."""
    rng = np.random.default_rng(seed)
    while True:
        digit = preprocess(FAMILIES[rng.integers(len(FAMILIES))](rng))
        if digit.any():
            return digit


def _letter(rng: np.random.Generator) -> np.ndarray:
    image = np.zeros((CANVAS, CANVAS), np.uint8)
    text = LETTERS[rng.integers(len(LETTERS))]
    font = FONTS[rng.integers(len(FONTS))]
    size = 5.0 if font == cv2.FONT_HERSHEY_PLAIN else 2.6
    cv2.putText(image, text, (30, 96), font, size, 255, int(rng.integers(2, 18)), cv2.LINE_AA)
    matrix = np.array(
        [[1.0, rng.normal(0, 0.15), 0], [rng.normal(0, 0.12), np.exp(rng.normal(0, 0.15)), 0]]
    )
    matrix[:, 2] = CANVAS / 2 - matrix[:, :2] @ (CANVAS / 2, CANVAS / 2)
    return cv2.warpAffine(image, matrix, (CANVAS, CANVAS))


def _drawn(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    pen = log_uniform(NONDIGIT_PEN, rng)
    varied = vary_strokes(unit_drawing(drawing), rng)
    return render(varied, canvas=CANVAS, height=0.85, pen_width=pen)


def _scribble(rng: np.random.Generator) -> np.ndarray:
    strokes = [
        interpolate(
            rng.normal(size=(rng.integers(7, 22), 2)) * rng.uniform(0.3, 1.0, size=2), curved=True
        )
        for _ in range(rng.integers(1, 4))
    ]
    return _drawn(strokes, rng)


def _zigzag(rng: np.random.Generator) -> np.ndarray:
    count = int(rng.integers(5, 14))
    across = np.arange(count) * rng.uniform(0.1, 0.4)
    teeth = np.where(np.arange(count) % 2, 1.0, 0.0) + rng.normal(0, 0.1, count)
    points = np.stack([across, teeth], axis=1)
    wave = points if rng.random() < 0.5 else points[:, ::-1]
    return _drawn([interpolate(wave, curved=rng.random() < 0.5)], rng)


def _polygon(rng: np.random.Generator) -> np.ndarray:
    """A triangle, a pentagram or a star; rounder polygons would be zeros to any eye."""
    corners = int(rng.choice([3, 5, 8, 10, 12]))
    count = np.arange(corners + 1)
    angles = rng.uniform(0, 6.3) + count * 2 * np.pi / corners
    radius = np.where(count % 2, 0.4, 1.0) if corners > 5 else np.ones(corners + 1)
    ring = np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1)
    if corners == 5:
        ring = ring[[0, 2, 4, 1, 3, 0]]
    return _drawn([interpolate(ring, curved=False)], rng)


def _lines(rng: np.random.Generator) -> np.ndarray:
    """Three to seven straight strokes across each other: hashes, crosses, asterisks, hatching."""
    ends = [rng.uniform(-1, 1, (2, 2)) for _ in range(rng.integers(3, 8))]
    return _drawn([interpolate(pair, curved=False) for pair in ends], rng)


def _spiral(rng: np.random.Generator) -> np.ndarray:
    angles = np.linspace(0, rng.uniform(2.3, 5) * 2 * np.pi, 70) * rng.choice([-1, 1])
    radius = np.linspace(rng.uniform(0, 0.2), 1, 70)
    return _drawn([np.stack([np.cos(angles) * radius, np.sin(angles) * radius], axis=1)], rng)


def _face(rng: np.random.Generator) -> np.ndarray:
    """A ring with marks in it: faces, targets, wheels, clocks."""
    angles = np.linspace(0, 2 * np.pi, 24)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    marks = [
        ring * rng.uniform(0.05, 0.3) + rng.uniform(-0.5, 0.5, 2) for _ in range(rng.integers(2, 5))
    ]
    return _drawn([ring, *marks], rng)


def _blot(rng: np.random.Generator) -> np.ndarray:
    """Smoothed noise above a threshold: blots, textures, coffee."""
    noise = rng.normal(size=(CANVAS, CANVAS)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), float(np.exp(rng.uniform(np.log(1.0), np.log(14)))))
    return ((smooth > np.percentile(smooth, rng.uniform(50, 92))) * 255).astype(np.uint8)


@cache
def load_omniglot(part: Part) -> np.ndarray:
    """uint8 (N, 105, 105), white on black: characters of the alphabets that train, or of the other.

    Without those that look like digits.
    """
    with np.load(data_file(OMNIGLOT_FILE)) as arrays:
        chosen = (arrays["alphabet"] == DEVELOPMENT_ALPHABET) == (part == "development")
        return arrays["images"][chosen & ~np.isin(arrays["labels"], list(LOOK_LIKE_DIGITS))]


def _character(rng: np.random.Generator) -> np.ndarray:
    characters = load_omniglot("training")
    image = characters[rng.integers(len(characters))]
    width = int(rng.integers(1, 6))
    image = cv2.dilate(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width)))
    return random_affine(image, rng, height=float(rng.uniform(40, 105)), stretch=0.15)


def _written(rng: np.random.Generator) -> np.ndarray:
    return _drawn(write_letter(rng), rng)


FAMILIES: tuple[Callable[[np.random.Generator], np.ndarray], ...] = (
    *(_written,) * 7,
    *(_letter, _letter, _letter, _character, _character, _character),
    *(_scribble, _scribble, _zigzag, _polygon, _lines, _spiral, _face, _blot),
)
