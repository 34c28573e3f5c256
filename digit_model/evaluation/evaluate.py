"""Everything measured of a recogniser: what metrics.json holds."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from digit_model.data.conditions import CONDITIONS, STYLES
from digit_model.data.development_sets import stroke_development
from digit_model.data.strokes import pen_digits
from digit_model.evaluation import figures as draw
from digit_model.evaluation.corruptions import CORRUPTIONS
from digit_model.evaluation.metrics import (
    digit_scores,
    measure_logits,
    reliability,
    roc,
    separation,
    summarise,
    verdicts,
)
from digit_model.evaluation.report import GROUPS, PARTS, group_of
from digit_model.evaluation.sets import (
    blank_pictures,
    digit_sets,
    load_drawings,
    noise_pictures,
    nondigit_sets,
)
from digit_model.evaluation.speed import speed
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]
ERRORS_PER_GROUP = 16  # on the contact sheet


def evaluate(
    recognizer: DigitRecognizer,
    data_dir: Path,
    *,
    parts: Collection[str] = PARTS,
    step: int = 1,
    figures: Path | None = None,
) -> Metrics:
    """Measure everything.

    Args:
        data_dir: the folder with MNIST/raw.
        parts: those of ``PARTS`` that are wanted.
        step: take every so many-th picture only, for a quick look.
        figures: folder for the PNG files; none are drawn without it.

    Returns:
        What metrics.json holds.

    Raises:
        DataError: MNIST is wanted and can't be had.
    """
    origin = {"id": recognizer.id, "revision": recognizer.revision, "sha256": recognizer.sha256}
    metrics: Metrics = {"model": origin}
    metrics |= _digits(recognizer, data_dir, parts, step, figures)
    if "non-digits" in parts:
        metrics["nondigits"] = _nondigits(recognizer, step, figures)
    if "empty-sheets" in parts:
        pictures = blank_pictures() | noise_pictures()
        metrics["verdicts"] = {name: verdicts(recognizer, some) for name, some in pictures.items()}
    if "speed" in parts:
        metrics["speed"] = speed(recognizer)
    return metrics


def _digits(
    recognizer: DigitRecognizer,
    data_dir: Path,
    parts: Collection[str],
    step: int,
    figures: Path | None,
) -> Metrics:
    rows: dict[str, Metrics] = {}
    answers: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    errors: dict[str, list[draw.Error]] = {}
    for name, (images, labels) in digit_sets(data_dir, parts=parts, step=step):
        logits = recognizer.logits(images)
        probabilities = recognizer.calibration.probabilities(logits)
        rows[name] = measure_logits(logits, labels, recognizer.calibration)
        group = group_of(name)
        answers.setdefault(group, []).append((probabilities, labels))
        if group != "MNIST-C":  # those are spoiled on purpose
            # Scans are of several collections, all other sets of a group show the same digits.
            source = name if group == "scans" else group
            errors.setdefault(group, []).extend(_errors(source, images, probabilities, labels))
    if not rows:
        return {}
    for corruption in CORRUPTIONS:
        if f"MNIST-C, {corruption.name}" in rows:
            rows[f"MNIST-C, {corruption.name}"]["seen"] = corruption.seen
    metrics: Metrics = {"digits": rows}
    for group in GROUPS:
        members = {name: row for name, row in rows.items() if group_of(name) == group}
        if members:
            metrics[group] = summarise(members)
    metrics["reliability"] = {
        group: reliability(*map(np.concatenate, zip(*pairs, strict=True)))
        for group, pairs in answers.items()
    }
    if figures:
        draw.reliability_diagrams(metrics["reliability"], figures / "reliability.png")
        draw.worst_errors(
            {group: _most_confident(found) for group, found in errors.items()},
            figures / "worst_errors.png",
        )
        draw.corruption_sheet(load_drawings()[0][:10], figures / "corruptions.png")
    return metrics


def _errors(
    source: str, images: np.ndarray, probabilities: np.ndarray, labels: np.ndarray
) -> list[draw.Error]:
    guesses, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    return [
        draw.Error(source, int(i), images[i], int(labels[i]), int(guesses[i]), float(confidence[i]))
        for i in np.flatnonzero(guesses != labels)
    ]


def _most_confident(errors: list[draw.Error]) -> list[draw.Error]:
    """The surest errors; of each digit one, though it may stand in many conditions and styles."""
    ranked = sorted(errors, key=lambda error: error.confidence)
    once = {(error.source, error.index): error for error in ranked}  # the surest comes last
    return sorted(once.values(), key=lambda error: -error.confidence)[:ERRORS_PER_GROUP]


def _nondigits(recognizer: DigitRecognizer, step: int, figures: Path | None) -> Metrics:
    """Each set of non-digits against the development writers' strokes under all conditions."""
    calibration = recognizer.calibration
    strokes = pen_digits("development")[::step]
    sets = (stroke_development(strokes, condition, STYLES[0]) for condition in CONDITIONS)
    images = np.concatenate([images for images, _ in sets])
    of_digits = digit_scores(recognizer.logits(images), calibration)
    rows: dict[str, Metrics] = {}
    curves = {}
    for set_name, images in nondigit_sets(step=step):
        of_others = digit_scores(recognizer.logits(images), calibration)
        scores = {name: separation(of_digits[name], of_others[name]) for name in of_digits}
        refused = float((of_others["in use"] < calibration.not_a_digit_below).mean())
        rows[set_name] = {
            "count": len(images),
            "refused": refused,
            **scores["in use"],
            "scores": scores,
        }
        curves[set_name] = roc(of_digits["in use"], of_others["in use"])
    if figures:
        draw.roc_curves(curves, figures / "roc.png")
    return rows
