"""Time per prediction on this machine."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from tqdm import tqdm

from digit_model.data.conditions import CANVAS, CONDITIONS, STYLES, draw
from digit_model.data.number_pictures import draw_number
from digit_model.data.strokes import pen_digits
from digit_model.recognizer import DigitRecognizer

NUMBER_WIDTH = 600  # pixels
PHOTOGRAPH_SHAPE = (3000, 4000)  # pixels, rows and columns: 12 megapixels


def measure_speed(recognizer: DigitRecognizer, rounds: int = 5) -> dict[str, Any]:
    """Median times and rate, without reading files.

    ``predict_ms`` is for a sketch of 280 pixels, ``photograph_ms`` for 12 megapixels,
    ``number_ms`` for ten digits on 600 pixels and ``explain_ms`` for a sketch, all on one thread.
    ``batch_per_second`` is the number of sketches per second in a call with 512 of them, on the
    number of threads that torch is set to.
    """
    rng = np.random.default_rng(0)
    numbers = [_ten_digits(np.random.default_rng(seed)) for seed in range(20)]
    drawings = [digit.drawing for digit in pen_digits("development")[:512]]
    greys = [draw(drawing, CONDITIONS[0], STYLES[1], rng) for drawing in drawings]
    sketches = [np.repeat(grey[..., None], 3, axis=2) for grey in greys]
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        recognizer.predict_batch(sketches)
        rates.append(len(sketches) / (time.perf_counter() - started))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    measured = {
        "predict_ms": _median_ms(recognizer.predict, sketches, "sketches"),
        "number_ms": _median_ms(recognizer.read_number, numbers, "numbers"),
        "photograph_ms": _median_ms(
            recognizer.predict, [_photograph(grey, rng) for grey in greys[:3]] * 3, "photographs"
        ),
        "explain_ms": _median_ms(recognizer.explain, sketches[:40], "explanations"),
    }
    torch.set_num_threads(threads)
    return {
        "canvas": CANVAS,
        "threads": threads,
        "batch_per_second": float(np.median(rates)),
        **measured,
    }


def _ten_digits(rng: np.random.Generator) -> np.ndarray:
    """A drawing of a number, uint8 (h, 600)."""
    drawing = draw_number("0123456789", rng, spacing="usual")
    rows = round(drawing.shape[0] * NUMBER_WIDTH / drawing.shape[1])
    return np.asarray(cv2.resize(drawing, (NUMBER_WIDTH, rows), interpolation=cv2.INTER_AREA))


def _photograph(sketch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A sketch as a 12-megapixel photograph in uneven light: uint8 (3000, 4000, 3)."""
    rows, columns = PHOTOGRAPH_SHAPE
    paper = cv2.resize(sketch, (rows, rows), interpolation=cv2.INTER_LINEAR)
    paper = np.pad(paper, ((0, 0), (0, columns - rows)), constant_values=255)
    light = np.linspace(0.9, 0.5, columns)
    grey = paper * light + rng.normal(0, 3, PHOTOGRAPH_SHAPE)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def _median_ms(
    function: Callable[[np.ndarray], object], pictures: Sequence[np.ndarray], title: str
) -> float:
    times = []
    for picture in tqdm(pictures, desc=f"speed, {title}", leave=False, disable=None):
        started = time.perf_counter()
        function(picture)
        times.append(1000 * (time.perf_counter() - started))
    return float(np.median(times))
