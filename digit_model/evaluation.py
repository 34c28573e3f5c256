"""How well a recogniser does, set by set. No other module opens MNIST's test split."""

import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from digit_model.calibration import auroc, ece, nll
from digit_model.pipeline import read_digit
from digit_model.recognizer import DigitRecognizer
from digit_model.training import data
from digit_model.training.conditions import CANVAS, CONDITIONS, STYLES, draw

DATA = Path(__file__).parents[1] / "data"  # the sets that ship with the repository
Metrics = dict[str, Any]


def measure(recognizer: DigitRecognizer, digits: data.Digits) -> Metrics:
    """Figures of one set of preprocessed digits, all shares in [0, 1]."""
    images, labels = digits
    logits = recognizer.logits(images)
    calibration = recognizer.calibration
    probabilities = calibration.probabilities(logits)
    right = probabilities.argmax(axis=1) == labels
    refused = calibration.digit_scores(logits) < calibration.not_a_digit_below
    unsure = ~refused & (probabilities.max(axis=1) < calibration.unsure_below)
    return {
        "count": len(labels),
        "accuracy": float(right.mean()),
        "mean_recall": float(
            np.mean([right[labels == label].mean() for label in np.unique(labels)])
        ),
        "ece": ece(probabilities, labels),
        "nll": nll(probabilities, labels),
        "refused": float(refused.mean()),
        "unsure": float(unsure.mean()),
    }


def digit_sets(data_dir: Path) -> Iterator[tuple[str, data.Digits]]:
    """Every set of digits that no training has seen, by name, preprocessed as in serving."""
    raw, labels = data.mnist(data_dir, train=False)
    yield "MNIST test", (data.map_parallel(read_digit, list(raw), title="MNIST test"), labels)
    drawings = data.writers(held_out=True)
    for condition in CONDITIONS:
        for style in STYLES:
            yield (
                f"strokes, {condition.name}, {style}",
                data.stroke_validation(drawings, condition, style),
            )
    for name, file in (("Optdigits", "optdigits_orig_tra.npz"), ("Semeion", "semeion.npz")):
        with np.load(DATA / file) as arrays:
            scans, labels = arrays["images"], arrays["labels"].astype(np.int64)
        yield name, (data.map_parallel(read_digit, list(scans), title=name), labels)
    yield "drawings", load_drawings()


def load_drawings(folder: Path = DATA / "drawings") -> data.Digits:
    """The drawings from paint programs and tablets, preprocessed."""
    with (folder / "labels.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    images = np.stack([read_digit(folder / row["file"]) for row in rows])
    return images, np.array([int(row["label"]) for row in rows], np.int64)


def nondigit_sets() -> Iterator[tuple[str, np.ndarray]]:
    """Sets of ink that is no digit, uint8 (N, 28, 28), blank ones left out."""
    yield "rendered letters, shapes, scribbles", data.nondigits(2000, seed=1_000_003)
    with np.load(DATA / "omniglot_dev.npz") as arrays:
        characters = data.map_parallel(read_digit, list(arrays["images"]), title="Omniglot")
    yield "Omniglot characters", characters[characters.any(axis=(1, 2))]


def evaluate(recognizer: DigitRecognizer, data_dir: Path) -> Metrics:
    """Measure everything. Returns what metrics.json holds."""
    sets = {name: measure(recognizer, digits) for name, digits in digit_sets(data_dir)}
    drawings = data.stroke_validation(data.writers(held_out=True), CONDITIONS[0], STYLES[0])[0]
    scores = recognizer.calibration.digit_scores(recognizer.logits(drawings))
    nondigits = {}
    for name, images in nondigit_sets():
        theirs = recognizer.calibration.digit_scores(recognizer.logits(images))
        refused = float((theirs < recognizer.calibration.not_a_digit_below).mean())
        nondigits[name] = {"count": len(images), "auroc": auroc(scores, theirs), "refused": refused}
    return {
        "model": {
            "id": recognizer.id,
            "revision": recognizer.revision,
            "sha256": recognizer.sha256,
        },
        "digits": sets,
        "strokes": _summary(
            {name: row for name, row in sets.items() if name.startswith("strokes")}
        ),
        "nondigits": nondigits,
        "speed": speed(recognizer),
    }


def _summary(rows: dict[str, Metrics]) -> Metrics:
    recalls = {name: row["mean_recall"] for name, row in rows.items()}
    worst = min(recalls, key=lambda name: recalls[name])
    return {
        "mean_recall": float(np.mean(list(recalls.values()))),
        "worst": worst,
        "worst_recall": recalls[worst],
    }


def speed(recognizer: DigitRecognizer, rounds: int = 5) -> Metrics:
    """Pace on sketches of 280 pixels, the median of several rounds.

    ``predict_ms`` is the median of single calls on one thread, ``batch_per_second`` the rate of one
    call with 512 sketches on as many threads as torch has been given.
    """
    rng = np.random.default_rng(0)
    drawings = [digit.drawing for digit in data.writers(held_out=True)[:512]]
    sketches = [draw(drawing, CONDITIONS[0], STYLES[1], rng) for drawing in drawings]
    sketches = [np.repeat(sketch[..., None], 3, axis=2) for sketch in sketches]
    rates = []
    for _ in range(rounds):
        started = time.perf_counter()
        recognizer.predict_batch(sketches)
        rates.append(len(sketches) / (time.perf_counter() - started))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    times = []
    for sketch in tqdm(sketches, desc="speed", leave=False):
        started = time.perf_counter()
        recognizer.predict(sketch)
        times.append(1000 * (time.perf_counter() - started))
    torch.set_num_threads(threads)
    return {
        "canvas": CANVAS,
        "threads": threads,
        "predict_ms": float(np.median(times)),
        "batch_per_second": float(np.median(rates)),
    }


def format_table(metrics: Metrics) -> str:
    """The whole of :func:`evaluate`'s result as text."""
    lines = [
        f"{'set':44}{'n':>7}{'accuracy':>10}{'recall':>9}{'ECE':>8}{'unsure':>8}{'refused':>9}"
    ]
    for name, row in metrics["digits"].items():
        shares = [
            f"{100 * row[key]:.2f}"
            for key in ("accuracy", "mean_recall", "ece", "unsure", "refused")
        ]
        widths = (10, 9, 8, 8, 9)
        lines.append(
            f"{name:44}{row['count']:>7}"
            + "".join(f"{s:>{w}}" for s, w in zip(shares, widths, strict=True))
        )
    summary = metrics["strokes"]
    lines.append(
        f"strokes: mean recall {100 * summary['mean_recall']:.2f} %, "
        f"worst {100 * summary['worst_recall']:.2f} % ({summary['worst']})"
    )
    for name, row in metrics["nondigits"].items():
        lines.append(
            f"{name}: AUROC {row['auroc']:.4f}, "
            f"{100 * row['refused']:.1f} % of {row['count']} refused"
        )
    pace = metrics["speed"]
    lines.append(
        f"predict {pace['predict_ms']:.2f} ms on one thread, "
        f"predict_batch {pace['batch_per_second']:.0f} a second on {pace['threads']}"
    )
    return "\n".join(lines)
