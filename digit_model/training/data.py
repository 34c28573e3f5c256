"""The data sets, all brought to 28×28 by the preprocessing that serves.

MNIST's test images are not opened here: :mod:`digit_model.evaluation` alone reads them.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np
from tqdm import tqdm

from digit_model.pipeline import read_digit
from digit_model.training.conditions import CONDITIONS, STYLES, Condition, Style, draw
from digit_model.training.nondigits import draw_nondigit
from digit_model.training.photographs import KINDS, Kind, any_kind, photograph
from digit_model.training.scans import deform, load_scans, vary_scan
from digit_model.training.strokes import (
    HELD_OUT_WRITERS,
    Drawing,
    Strokes,
    by_mouse,
    load_strokes,
    render,
    vary,
)
from digit_model.training.styles import synthesise
from digit_model.training.wear import wear

Digits = tuple[np.ndarray, np.ndarray]  # images uint8 (N, 28, 28), labels int64 (N,)
Item = TypeVar("Item")

HELD_OUT_IMAGES = 5_000  # the last of MNIST's training images
SMALLEST, LARGEST = 8, 220  # pixels, height of a digit drawn for training
THINNEST, THICKEST = 0.015, 0.25  # pen width as a fraction of the digit's height
FATTEST = 0.42  # of some 1s, which are but a block
MOUSE = 0.2  # share of the drawings whose lines a mouse or a slow page has made angular
DEFORMED = 0.15  # share of the drawings that come stretched, or in black and white only
# A photograph whose ink overlaps with what was drawn by less than this (intersection over union)
# shows nobody which digit it is, and trains nothing.
LEGIBLE = 0.3


class DataError(Exception):
    """A data set that can't be had. ``str(error)`` is one sentence."""


def map_parallel(
    task: Callable[[Item], np.ndarray], items: Sequence[Item], *, title: str
) -> np.ndarray:
    """``np.stack([task(item) for item in items])`` on all cores, in order, with a progress bar.

    Of no items, uint8 (0, 28, 28).
    """
    if not len(items):
        return np.empty((0, 28, 28), np.uint8)
    if len(items) < 512:  # starting processes would cost more than it saves
        return np.stack([task(item) for item in tqdm(items, desc=title, leave=False, disable=None)])
    results: Iterable[np.ndarray] = _workers().map(task, items, chunksize=256)
    return np.stack(
        list(tqdm(results, total=len(items), desc=title, unit="digit", leave=False, disable=None))
    )


@cache
def _workers() -> ProcessPoolExecutor:
    """One pool for the whole run: each process takes seconds to import its libraries."""
    context = get_context("spawn")  # forking a process in which torch has threads can hang
    return ProcessPoolExecutor(mp_context=context, initializer=cv2.setNumThreads, initargs=(1,))


def mnist(data_dir: Path, *, train: bool) -> Digits:
    """MNIST (LeCun, Cortes and Burges, 1998), raw; downloaded into ``data_dir`` if need be."""
    from torchvision.datasets import MNIST

    folder = data_dir / "MNIST" / "raw"
    name = "train" if train else "t10k"
    present = (folder / f"{name}-images-idx3-ubyte").exists()
    try:
        data = MNIST(data_dir, train=train, download=not present)
    except Exception as error:  # torchvision raises almost anything on a bad or missing file
        raise DataError(f"MNIST is not in {folder} and can't be downloaded or read.") from error
    return data.data.numpy(), data.targets.numpy().astype(np.int64)


def mnist_training(
    data_dir: Path, *, held_out: bool, limit: int | None = None, part: slice = slice(None)
) -> Digits:
    """The first 55,000 of MNIST's training images, or the last 5,000, which validate; preprocessed.

    With a ``limit``, only so many; a process that trains beside others asks for its ``part``.
    """
    raw, labels = mnist(data_dir, train=True)
    half = slice(-HELD_OUT_IMAGES, None) if held_out else slice(0, -HELD_OUT_IMAGES)
    images, labels = (array[half][:limit][part] for array in (raw, labels))
    return map_parallel(read_digit, list(images), title="MNIST"), labels


def writers(*, held_out: bool) -> list[Strokes]:
    """The recorded strokes of the writers who are kept for validation, or of all the others."""
    return [digit for digit in load_strokes() if (digit.writer in HELD_OUT_WRITERS) == held_out]


Job = tuple[Strokes | int, tuple[int, ...]]  # a recorded digit or a synthetic one, and its seed


def stroke_training(variants: int, synthetic: int, seed: int, part: slice = slice(None)) -> Digits:
    """Every training writer's digits in ``variants`` renderings, and ``synthetic`` allographs.

    A process that trains beside others asks for its ``part`` of them.
    """
    digits = writers(held_out=False)
    jobs: list[Job] = [(digit, (seed, 0, number)) for number, digit in enumerate(digits * variants)]
    jobs += [(number % 10, (seed, 1, number)) for number in range(synthetic)]
    return _from_jobs(_draw_for_training, jobs[part], "strokes")


def photograph_training(count: int, seed: int, part: slice = slice(None)) -> Digits:
    """``count`` synthetic photographs, a third of them of synthetic allographs."""
    digits = writers(held_out=False)
    rng = np.random.default_rng((seed, 3))
    chosen = rng.integers(0, len(digits), count)
    jobs: list[Job] = [
        (number % 10 if number % 3 == 0 else digits[which], (seed, 4, number))
        for number, which in enumerate(chosen)
    ]
    return _from_jobs(_photograph_for_training, jobs[part], "photographs")


def scan_training(variants: int, seed: int, part: slice = slice(None)) -> Digits:
    """The training part of the scanned collections, each scan in ``variants`` variations."""
    jobs = [
        (image, int(label), (seed, 5, number, variant))
        for number, (image, label) in enumerate(
            pair
            for images, labels in load_scans(held_out=False).values()
            for pair in zip(images, labels, strict=True)
        )
        for variant in range(variants)
    ][part]
    images = map_parallel(_vary_scan, [(job[0], job[2]) for job in jobs], title="scans")
    return images, np.array([job[1] for job in jobs], np.int64)


def worn_training(data_dir: Path, count: int, seed: int, part: slice = slice(None)) -> Digits:
    """``count`` of MNIST's training images, worn before they are preprocessed."""
    raw, labels = mnist(data_dir, train=True)
    rng = np.random.default_rng((seed, 6))
    chosen = rng.permutation(len(raw) - HELD_OUT_IMAGES)[:count][part]
    jobs = [(raw[index], (seed, 7, int(index))) for index in chosen]
    return map_parallel(_wear, jobs, title="worn MNIST"), labels[chosen]


def _from_jobs(task: Callable[[Job], np.ndarray], jobs: list[Job], title: str) -> Digits:
    images = map_parallel(task, jobs, title=title)
    labels = [job if isinstance(job, int) else job.label for job, _ in jobs]
    return images, np.array(labels, np.int64)


def _vary_scan(job: tuple[np.ndarray, tuple[int, ...]]) -> np.ndarray:
    image, seed = job
    return read_digit(vary_scan(image, np.random.default_rng(seed)))


def _wear(job: tuple[np.ndarray, tuple[int, ...]]) -> np.ndarray:
    image, seed = job
    digit = read_digit(wear(image, np.random.default_rng(seed)))
    return digit if digit.any() else read_digit(image)


def _hand(source: Strokes | int, rng: np.random.Generator) -> Drawing:
    """Somebody's way of writing it."""
    if isinstance(source, int):
        drawing = synthesise(source, rng)
    else:
        drawing = vary(source.drawing, rng, strength=0.8)
    return by_mouse(drawing, rng) if rng.random() < MOUSE else drawing


def _photograph_for_training(job: Job) -> np.ndarray:
    """A legible photograph, as uint8 (28, 28); when none comes of it, the ink alone."""
    source, seed = job
    rng = np.random.default_rng(seed)
    for _ in range(3):
        picture, ink = photograph(_hand(source, rng), any_kind(rng), rng)
        digit, alone = read_digit(picture), read_digit((255 * ink).astype(np.uint8))
        common, all_ink = np.minimum(digit, alone).sum(), np.maximum(digit, alone).sum()
        if common > LEGIBLE * all_ink:
            return digit
    return alone


def nondigits(count: int, seed: int) -> np.ndarray:
    """uint8 (count, 28, 28): rendered letters, shapes and scribbles."""
    jobs = [(seed, 2, number) for number in range(count)]
    return map_parallel(draw_nondigit, jobs, title="non-digits")


def _draw_for_training(job: Job) -> np.ndarray:
    """One rendering, its hand, pen and size at random, as uint8 (28, 28)."""
    source, seed = job
    rng = np.random.default_rng(seed)
    drawing = _hand(source, rng)
    label = source if isinstance(source, int) else source.label
    pen = float(np.exp(rng.uniform(np.log(THINNEST), np.log(THICKEST))))
    if label == 1 and rng.random() < 0.15:
        pen = rng.uniform(THICKEST, FATTEST)
    pixels = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST))))
    pressure = rng.uniform(0.5, 1.3, size=5) if rng.random() < 0.3 else None
    # Small digits are drawn large and averaged down, as a camera or a scanner does it.
    oversize = 4 if pixels < 50 else 1
    canvas = round(pixels * 1.3) + 4
    picture = render(
        drawing,
        canvas=canvas * oversize,
        height=pixels / canvas,
        pen_width=max(pen, 0.7 / pixels),
        pressure=pressure,
    )
    if rng.random() < DEFORMED:
        picture = deform(picture, rng, height=float(canvas), stretch=0.3)
    elif oversize > 1:
        picture = cv2.resize(picture, (canvas, canvas), interpolation=cv2.INTER_AREA)
    return read_digit(picture)


def stroke_validation(
    drawings: list[Strokes], condition: Condition, style: Style, seed: int = 0
) -> Digits:
    """Held-out writers' digits under one condition in one style."""
    jobs = list(enumerate(drawings))
    images = map_parallel(
        partial(_draw_for_validation, condition=condition, style=style, seed=seed),
        jobs,
        title=f"{condition.name}, {style}",
    )
    return images, np.array([digit.label for digit in drawings], np.int64)


def _draw_for_validation(
    job: tuple[int, Strokes], *, condition: Condition, style: Style, seed: int
) -> np.ndarray:
    number, digit = job
    return read_digit(draw(digit.drawing, condition, style, np.random.default_rng((seed, number))))


def all_validation(drawings: list[Strokes]) -> dict[str, Digits]:
    """One set for each condition, the styles taking turns, and one of synthetic photographs."""
    strokes = {
        condition.name: stroke_validation(drawings, condition, STYLES[number % len(STYLES)])
        for number, condition in enumerate(CONDITIONS)
    }
    # Another seed than the benchmark's: temperature and thresholds are set on these.
    photographs = photograph_validation(min(100, len(drawings)), seed=1).values()
    images, labels = zip(*photographs, strict=True)
    return strokes | {"photographs": (np.concatenate(images), np.concatenate(labels))}


def photograph_validation(each: int = 200, seed: int = 0) -> dict[str, Digits]:
    """Held-out writers' digits in every kind of synthetic photograph, ``each`` of a kind."""
    drawings = writers(held_out=True)
    drawings = drawings[:: max(1, len(drawings) // each)][:each]
    labels = np.array([digit.label for digit in drawings], np.int64)
    return {
        name: (
            map_parallel(
                partial(_photograph_for_validation, kind=kind, seed=seed),
                list(enumerate(drawings)),
                title=name,
            ),
            labels,
        )
        for name, kind in KINDS.items()
    }


def _photograph_for_validation(job: tuple[int, Strokes], *, kind: Kind, seed: int) -> np.ndarray:
    number, digit = job
    rng = np.random.default_rng((seed, 8, number))
    return read_digit(photograph(digit.drawing, kind, rng)[0])


def scans(*, held_out: bool) -> dict[str, Digits]:
    """The scanned collections by name, preprocessed: what trains, or what doesn't."""
    return {
        name: (map_parallel(read_digit, list(images), title=name), labels)
        for name, (images, labels) in load_scans(held_out=held_out).items()
    }
