"""The data of the evaluation. But for :mod:`.raw_mnist`, nothing else reads MNIST's test split."""

import csv
from collections.abc import Callable, Collection, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import cv2
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digit_model.data import Digits, WriterPart, data_file
from digit_model.data.conditions import CONDITIONS
from digit_model.data.held_out_sets import (
    photograph_sets,
    scan_sets,
    stroke_set,
)
from digit_model.data.mnist import load_mnist
from digit_model.data.nondigits import load_omniglot, nondigits
from digit_model.data.parallel import map_parallel
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.corruptions import CORRUPTIONS, Corruption
from digit_model.evaluation.report import GROUPS, PARTS, ROBUSTNESS, TEST
from digit_model.evaluation.robustness import UNSEEN_CORRUPTIONS
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess

PHOTOGRAPHS = 200  # of each kind
# Groups of sets of corrupted test images, by name; every second image, in each of the ways.
CORRUPTED = {"MNIST-C": CORRUPTIONS, ROBUSTNESS: UNSEEN_CORRUPTIONS}
CORRUPTED_STEP = 2
# Printed letters that don't look like digits.
LETTERS = "AEFHKMNPRTVWXYadefhkmnprtwx"
PRINT_FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono-Oblique", "STIXGeneralItalic", "cmr10")


def digit_sets(
    data_dir: Path,
    *,
    parts: Collection[str] = PARTS,
    step: int = 1,
    find_ink: FindInk | None = None,
) -> Iterator[tuple[str, Digits]]:
    """All sets of digits, preprocessed as in serving. None of them is trained on.

    All but the test writers and MNIST's test images, as they are and in the part "robustness", are
    development data: recipes or thresholds were chosen on them.

    Args:
        data_dir: the folder with MNIST/raw.
        parts: which of ``PARTS`` to load.
        step: use every ``step``-th digit only, to save time.
        find_ink: the ink network that preprocesses them; None: the one that ships.

    Yields:
        The name of a set, which begins with its group, and its digits.

    Raises:
        DataError: MNIST is needed and can't be read or downloaded.
    """
    asked = _Asked(data_dir, step, find_ink)
    for group, sets in DIGIT_SETS.items():
        if GROUPS[group].part in parts:
            for name, digits in sets(asked):
                yield f"{group}, {name}".removesuffix(", "), digits


class _Asked(NamedTuple):
    """Of which data and how much of them is asked, and what preprocesses them."""

    data_dir: Path
    step: int
    find_ink: FindInk | None


# The sets of a group by the rest of their names, which is empty if there is but one.
Sets = Iterator[tuple[str, Digits]]


def _mnist_test(asked: _Asked) -> Sets:
    raw, labels = _mnist_test_images(asked.data_dir, asked.step)
    task = partial(preprocess, find_ink=asked.find_ink)
    yield "", (map_parallel(task, raw, title=TEST), labels)
    name = "inverted and enlarged"
    task = partial(_preprocess_inverted_and_enlarged, find_ink=asked.find_ink)
    yield name, (map_parallel(task, raw, title=f"{TEST}, {name}"), labels)


def _strokes(asked: _Asked, *, part: WriterPart) -> Sets:
    digits = pen_digits(part)[:: asked.step]
    for condition in CONDITIONS:
        yield condition.name, stroke_set(digits, condition, find_ink=asked.find_ink)


def _photographs(asked: _Asked, *, part: WriterPart) -> Sets:
    each = max(1, PHOTOGRAPHS // asked.step)
    yield from photograph_sets(pen_digits(part), each, find_ink=asked.find_ink).items()


def _drawings(asked: _Asked) -> Sets:
    yield "", load_drawings(asked.find_ink)


def _scans(asked: _Asked) -> Sets:
    yield from scan_sets(asked.find_ink, step=asked.step).items()


def _corrupted(asked: _Asked, *, group: str) -> Sets:
    raw, labels = _mnist_test_images(asked.data_dir, CORRUPTED_STEP * asked.step)
    for number, corruption in enumerate(CORRUPTED[group]):
        task = partial(
            _preprocess_corrupted, corruption=corruption, number=number, find_ink=asked.find_ink
        )
        images = map_parallel(task, list(enumerate(raw)), title=f"{group}, {corruption.name}")
        yield corruption.name, (images, labels)


DIGIT_SETS: dict[str, Callable[[_Asked], Sets]] = {
    TEST: _mnist_test,
    "test strokes": partial(_strokes, part="test"),
    "test photographs": partial(_photographs, part="test"),
    "strokes": partial(_strokes, part="development"),
    "drawings": _drawings,
    "scans": _scans,
    "photographs": partial(_photographs, part="development"),
    "MNIST-C": partial(_corrupted, group="MNIST-C"),
    ROBUSTNESS: partial(_corrupted, group=ROBUSTNESS),
}


def _mnist_test_images(data_dir: Path, step: int) -> tuple[list[np.ndarray], np.ndarray]:
    images, labels = load_mnist(data_dir, "test")
    return list(images[::step]), labels[::step]


def _preprocess_inverted_and_enlarged(image: np.ndarray, find_ink: FindInk | None) -> np.ndarray:
    return preprocess(np.kron(255 - image, np.ones((8, 8), np.uint8)), find_ink)


def _preprocess_corrupted(
    job: tuple[int, np.ndarray], *, corruption: Corruption, number: int, find_ink: FindInk | None
) -> np.ndarray:
    index, image = job
    return preprocess(corruption(image, (number, index)), find_ink)


def load_drawings(find_ink: FindInk | None = None) -> Digits:
    """Drawings made in paint programs and on tablets, preprocessed."""
    folder = data_file("drawings")
    with (folder / "labels.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    images = np.stack([preprocess(folder / row["file"], find_ink) for row in rows])
    return images, np.array([int(row["label"]) for row in rows], np.int64)


def nondigit_sets(
    *, step: int = 1, find_ink: FindInk | None = None
) -> Iterator[tuple[str, np.ndarray]]:
    """Sets of non-digits by name, preprocessed, uint8 (N, 28, 28), without blank ones.

    The first set is generated like the non-digits of training, with another seed. Nothing like the
    others is trained on.
    """
    yield "families that training draws", nondigits(2000 // step, 1_000_003, find_ink)
    for name, pictures in (
        ("printed letters", printed_letters()),
        ("unseen alphabet (Omniglot)", list(load_omniglot("development")[0])),
    ):
        task = partial(preprocess, find_ink=find_ink)
        digits = map_parallel(task, pictures[::step], title=name)
        yield name, digits[digits.any(axis=(1, 2))]


def printed_letters() -> list[np.ndarray]:
    """Letters in typefaces that are not used in training, uint8 (h, w) each."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pictures = []
    for font in PRINT_FONTS:
        face = ImageFont.truetype(str(folder / f"{font}.ttf"), 120)
        for letter in LETTERS:
            picture = Image.new("L", (200, 200), 255)
            ImageDraw.Draw(picture).text((100, 100), letter, fill=0, font=face, anchor="mm")
            pictures.append(np.asarray(picture))
    return pictures


def blank_pictures(count: int = 20) -> dict[str, list[np.ndarray]]:
    """Pictures without ink, by kind, of 200×200 pixels."""
    side = 200
    rng = np.random.default_rng(0)
    across = np.linspace(0, 1, side)

    def gradient() -> np.ndarray:
        angle, (low, high) = rng.uniform(0, 2 * np.pi), np.sort(rng.uniform(0, 255, 2))
        ramp = np.cos(angle) * across + np.sin(angle) * across[:, None]
        ramp = (ramp - ramp.min()) / (ramp.max() - ramp.min())
        return np.rint(low + (high - low) * ramp).astype(np.uint8)

    def texture() -> np.ndarray:
        grain = cv2.GaussianBlur(rng.normal(size=(side, side)), (0, 0), rng.uniform(0.7, 3.0))
        grain *= rng.uniform(2, 8) / grain.std()  # grey levels
        return np.clip(rng.uniform(150, 235) + grain, 0, 255).astype(np.uint8)

    return {
        "black": [np.zeros((side, side), np.uint8)],
        "white": [np.full((side, side), 255, np.uint8)],
        "grey": [np.full((side, side), level, np.uint8) for level in (60, 128, 200)],
        "transparent": [np.zeros((side, side, 4), np.uint8)],
        "gradient": [gradient() for _ in range(count)],
        "paper texture": [texture() for _ in range(count)],
    }


def noise_pictures(count: int) -> dict[str, list[np.ndarray]]:
    """Pictures of noise, by kind: half of 28×28, half of 200×200 pixels."""
    rng = np.random.default_rng(1)
    kinds: dict[str, Callable[[int], np.ndarray]] = {
        "uniform noise": lambda side: rng.integers(0, 256, (side, side)),
        "Gaussian noise": lambda side: np.clip(rng.normal(128, 50, (side, side)), 0, 255),
        "salt and pepper": lambda side: 255 * (rng.random((side, side)) < rng.uniform(0.05, 0.95)),
        "coloured noise": lambda side: rng.integers(0, 256, (side, side, 3)),
    }
    return {
        name: [draw(28 if number % 2 else 200).astype(np.uint8) for number in range(count)]
        for name, draw in kinds.items()
    }
