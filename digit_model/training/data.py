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
from digit_model.training.strokes import HELD_OUT_WRITERS, Strokes, load_strokes, render, vary
from digit_model.training.styles import synthesise

Digits = tuple[np.ndarray, np.ndarray]  # images uint8 (N, 28, 28), labels int64 (N,)
Item = TypeVar("Item")

HELD_OUT_IMAGES = 5_000  # the last of MNIST's training images
SMALLEST, LARGEST = 12, 220  # pixels, height of a digit drawn for training
THINNEST, THICKEST = 0.015, 0.25  # pen width as a fraction of the digit's height


class DataError(Exception):
    """A data set that can't be had. ``str(error)`` is one sentence."""


def map_parallel(
    task: Callable[[Item], np.ndarray], items: Sequence[Item], *, title: str
) -> np.ndarray:
    """``np.stack([task(item) for item in items])`` on all cores, in order, with a progress bar."""
    if len(items) < 512:  # starting processes would cost more than it saves
        return np.stack([task(item) for item in tqdm(items, desc=title, leave=False)])
    results: Iterable[np.ndarray] = _workers().map(task, items, chunksize=256)
    return np.stack(list(tqdm(results, total=len(items), desc=title, unit="digit", leave=False)))


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


def mnist_training(data_dir: Path, *, limit: int | None = None) -> tuple[Digits, Digits]:
    """(training, validation): the first 55,000 and the last 5,000 training images, preprocessed.

    With a ``limit``, only so many of each.
    """
    raw, labels = mnist(data_dir, train=True)
    halves = (slice(0, -HELD_OUT_IMAGES), slice(-HELD_OUT_IMAGES, None))
    parts = [(raw[half][:limit], labels[half][:limit]) for half in halves]
    training, validation = [
        (map_parallel(read_digit, list(images), title="MNIST"), labels) for images, labels in parts
    ]
    return training, validation


def writers(*, held_out: bool) -> list[Strokes]:
    """The recorded strokes of the writers who are kept for validation, or of all the others."""
    return [digit for digit in load_strokes() if (digit.writer in HELD_OUT_WRITERS) == held_out]


def stroke_training(variants: int, synthetic: int, seed: int, part: slice = slice(None)) -> Digits:
    """Every training writer's digits in ``variants`` renderings, and ``synthetic`` allographs.

    A process that trains beside others asks for its ``part`` of them.
    """
    digits = writers(held_out=False)
    jobs: list[tuple[Strokes | int, tuple[int, ...]]] = [
        (digit, (seed, 0, number)) for number, digit in enumerate(digits * variants)
    ]
    jobs += [(number % 10, (seed, 1, number)) for number in range(synthetic)]
    jobs = jobs[part]
    images = map_parallel(_draw_for_training, jobs, title="strokes")
    labels = [job if isinstance(job, int) else job.label for job, _ in jobs]
    return images, np.array(labels, np.int64)


def nondigits(count: int, seed: int) -> np.ndarray:
    """uint8 (count, 28, 28): rendered letters, shapes and scribbles."""
    jobs = [(seed, 2, number) for number in range(count)]
    return map_parallel(draw_nondigit, jobs, title="non-digits")


def _draw_for_training(job: tuple[Strokes | int, tuple[int, ...]]) -> np.ndarray:
    """One rendering, its hand, pen and size at random, as uint8 (28, 28)."""
    source, seed = job
    rng = np.random.default_rng(seed)
    drawing = (
        synthesise(source, rng)
        if isinstance(source, int)
        else vary(source.drawing, rng, strength=0.8)
    )
    pen = float(np.exp(rng.uniform(np.log(THINNEST), np.log(THICKEST))))
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
    if oversize > 1:
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
    """One set for each condition, the styles taking turns."""
    return {
        condition.name: stroke_validation(drawings, condition, STYLES[number % len(STYLES)])
        for number, condition in enumerate(CONDITIONS)
    }
