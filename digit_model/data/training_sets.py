"""Generated training data: digits in random variations of writing, pen, size and light.

``find_ink`` is the ink network that preprocesses them, by default the one that ships.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import cv2
import numpy as np

from digit_model.data import Digits
from digit_model.data.parallel import map_parallel
from digit_model.data.pens import BLOCK_PEN, DIGIT_PEN, log_uniform
from digit_model.data.photographs import photograph, random_kind
from digit_model.data.rendering import quantize_like_mouse, render, render_pixels, vary_strokes
from digit_model.data.scans import load_scans, random_affine, vary_scan
from digit_model.data.streams import Stream
from digit_model.data.strokes import Drawing, PenDigit, pen_digits
from digit_model.data.synthetic import draw_allograph, draw_flagged
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess

DIGIT_HEIGHTS = (8, 220)  # pixels, log-uniform
PIXEL_SHARE = 0.04  # of the drawings: pixel by pixel, of this height; pixels
PIXEL_HEIGHT, PIXEL_MARGIN = (7, 24), (0, 6)
BLOCK_SHARE = 0.15  # of the 1s: drawn with BLOCK_PEN
MOUSE_SHARE = 0.2  # of the drawings: recorded with few points, as by a mouse
AFFINE_SHARE = 0.15  # of the drawings: strongly stretched, a quarter of them binarised
# Smallest intersection over union of the ink found in a photograph and the ink drawn. Below it, the
# digit is not legible and the photograph is not used.
MIN_INK_IOU = 0.3
PHOTOGRAPHED_FLAGS = 10  # one in so many of the flagged 1s and 7s is in a photograph


class Source(Protocol):
    """Whose random variations are drawn, as drawings in the unit box."""

    @property
    def label(self) -> int: ...

    def draw(self, rng: np.random.Generator) -> Drawing: ...


@dataclass(frozen=True)
class Recorded:
    digit: PenDigit

    @property
    def label(self) -> int:
        return self.digit.label

    def draw(self, rng: np.random.Generator) -> Drawing:
        return vary_strokes(self.digit.drawing, rng, strength=0.8)


@dataclass(frozen=True)
class Synthetic:
    label: int

    def draw(self, rng: np.random.Generator) -> Drawing:
        return draw_allograph(self.label, rng)


@dataclass(frozen=True)
class Flagged:
    """A 1 with a flag, or a 7."""

    label: int

    def draw(self, rng: np.random.Generator) -> Drawing:
        return draw_flagged(self.label, rng)


Job = tuple[Source, tuple[int, ...]]  # and a seed
Item = TypeVar("Item")


def stroke_training(
    variants: int, seed: int, shard: slice = slice(None), *, find_ink: FindInk | None = None
) -> Digits:
    """``variants`` renderings of all training writers' digits.

    ``shard`` selects the share of one process in distributed training.
    """
    digits = [*map(Recorded, pen_digits("training"))] * variants
    jobs: list[Job] = [
        (digit, (seed, Stream.STROKES, number)) for number, digit in enumerate(digits)
    ]
    return _draw_all(partial(_draw_strokes, find_ink=find_ink), _share(jobs, shard), "strokes")


def allograph_training(
    count: int, seed: int, shard: slice = slice(None), *, find_ink: FindInk | None = None
) -> Digits:
    """``count`` synthetic digits, see :mod:`digit_model.data.allographs`."""
    jobs: list[Job] = [
        (Synthetic(number % 10), (seed, Stream.ALLOGRAPHS, number)) for number in range(count)
    ]
    return _draw_all(partial(_draw_strokes, find_ink=find_ink), _share(jobs, shard), "allographs")


def photograph_training(
    count: int, seed: int, shard: slice = slice(None), *, find_ink: FindInk | None = None
) -> Digits:
    """``count`` synthetic photographs, a third of them of synthetic digits."""
    digits = pen_digits("training")
    rng = np.random.default_rng((seed, Stream.PHOTOGRAPHED_DIGITS))
    chosen = rng.integers(0, len(digits), count)
    jobs: list[Job] = [
        (
            Synthetic(number % 10) if number % 3 == 0 else Recorded(digits[index]),
            (seed, Stream.PHOTOGRAPHS, number),
        )
        for number, index in enumerate(chosen)
    ]
    draw = partial(_draw_photograph, find_ink=find_ink)
    return _draw_all(draw, _share(jobs, shard), "photographs")


def flagged_training(
    count: int, seed: int, shard: slice = slice(None), *, find_ink: FindInk | None = None
) -> Digits:
    """``count`` synthetic 1s with a flag and 7s, see :mod:`digit_model.data.one_or_seven`."""
    jobs: list[Job] = [(Flagged((1, 7)[n % 2]), (seed, Stream.FLAGGED, n)) for n in range(count)]
    jobs = _share(jobs, shard)
    photographed = len(jobs) // PHOTOGRAPHED_FLAGS
    drawn = (
        _draw_all(partial(_draw_photograph, find_ink=find_ink), jobs[:photographed], "1s and 7s"),
        _draw_all(partial(_draw_strokes, find_ink=find_ink), jobs[photographed:], "1s and 7s"),
    )
    images, labels = (np.concatenate(arrays) for arrays in zip(*drawn, strict=True))
    return images, labels


def scan_training(
    variants: int, seed: int, shard: slice = slice(None), *, find_ink: FindInk | None = None
) -> Digits:
    """``variants`` variations of each scan of the training part."""
    scans = [
        (image, int(label), (seed, Stream.SCANS, number, variant))
        for number, (image, label) in enumerate(
            pair
            for images, labels in load_scans("training").values()
            for pair in zip(images, labels, strict=True)
        )
        for variant in range(variants)
    ]
    jobs = _share(scans, shard)
    task = partial(_vary_scan, find_ink=find_ink)
    images = map_parallel(task, [(job[0], job[2]) for job in jobs], title="scans")
    return images, np.array([job[1] for job in jobs], np.int64)


def _share(jobs: list[Item], shard: slice) -> list[Item]:
    """One process's share. Mixed before that: every second job may be of the same classes."""
    if shard.step in (None, 1):
        return jobs[shard]
    return [jobs[index] for index in np.random.default_rng(0).permutation(len(jobs))[shard]]


def _draw_all(draw: Callable[[Job], np.ndarray], jobs: list[Job], title: str) -> Digits:
    images = map_parallel(draw, jobs, title=title)
    return images, np.array([source.label for source, _ in jobs], np.int64)


def _vary_scan(job: tuple[np.ndarray, tuple[int, ...]], find_ink: FindInk | None) -> np.ndarray:
    image, seed = job
    return preprocess(vary_scan(image, np.random.default_rng(seed)), find_ink)


def _random_drawing(source: Source, rng: np.random.Generator) -> Drawing:
    drawing = source.draw(rng)
    return quantize_like_mouse(drawing, rng) if rng.random() < MOUSE_SHARE else drawing


def _draw_photograph(job: Job, find_ink: FindInk | None) -> np.ndarray:
    """A photograph, preprocessed, uint8 (28, 28); after three illegible ones, the ink alone."""
    source, seed = job
    rng = np.random.default_rng(seed)
    for _ in range(3):
        picture, ink = photograph(_random_drawing(source, rng), random_kind(rng), rng)
        digit = preprocess(picture, find_ink)
        ink_alone = preprocess((255 * ink).astype(np.uint8), find_ink)
        intersection = np.minimum(digit, ink_alone).sum()
        if intersection > MIN_INK_IOU * np.maximum(digit, ink_alone).sum():
            return digit
    return ink_alone


def _draw_strokes(job: Job, find_ink: FindInk | None) -> np.ndarray:
    """A rendering with a random pen and size, preprocessed, uint8 (28, 28)."""
    source, seed = job
    rng = np.random.default_rng(seed)
    drawing = _random_drawing(source, rng)
    if rng.random() < PIXEL_SHARE:
        return preprocess(_draw_pixels(drawing, rng), find_ink)
    pen = log_uniform(DIGIT_PEN, rng)
    if source.label == 1 and rng.random() < BLOCK_SHARE:
        pen = rng.uniform(*BLOCK_PEN)
    pixels = log_uniform(DIGIT_HEIGHTS, rng)
    pressure = rng.uniform(0.5, 1.3, size=5) if rng.random() < 0.3 else None
    # Small digits are drawn large and averaged down, as a camera or a scanner would.
    oversampling = 4 if pixels < 50 else 1
    canvas = round(pixels * 1.3) + 4
    picture = render(
        drawing,
        canvas=canvas * oversampling,
        height=pixels / canvas,
        pen_width=max(pen, 0.7 / pixels),
        pressure=pressure,
    )
    if rng.random() < AFFINE_SHARE:
        picture = random_affine(picture, rng, height=float(canvas), stretch=0.3)
    elif oversampling > 1:
        picture = cv2.resize(picture, (canvas, canvas), interpolation=cv2.INTER_AREA)
    return preprocess(picture, find_ink)


def _draw_pixels(drawing: Drawing, rng: np.random.Generator) -> np.ndarray:
    """As on the small canvas of a pixel editor."""
    height = int(rng.integers(*PIXEL_HEIGHT))
    pen = 1 if height < 12 else int(rng.integers(1, 1 + height // 6))
    margin = int(rng.integers(*PIXEL_MARGIN))
    return render_pixels(drawing, height=height, pen_width=pen, margin=margin)
