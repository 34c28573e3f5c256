"""The whole evaluation of a recogniser: the content of metrics.json, and figures."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from digit_model.data.conditions import CONDITIONS
from digit_model.data.held_out_sets import stroke_set
from digit_model.data.photographs import KINDS, UNSEEN
from digit_model.data.strokes import TEST_WRITERS, pen_digits
from digit_model.evaluation.figures import (
    Misclassification,
    corruption_sheet,
    reliability_diagrams,
    roc_curves,
    worst_errors,
    wrong_numbers,
)
from digit_model.evaluation.metrics import (
    count_verdicts,
    detection_metrics,
    digit_scores,
    measure_logits,
    roc,
    summarise,
)
from digit_model.evaluation.numbers import evaluate_numbers, evaluate_test_numbers
from digit_model.evaluation.report import GROUPS, PARTS, ROBUSTNESS, group_of
from digit_model.evaluation.scores import answers, reliability
from digit_model.evaluation.sets import (
    CORRUPTED,
    blank_pictures,
    digit_sets,
    load_drawings,
    noise_pictures,
    nondigit_sets,
)
from digit_model.evaluation.speed import measure_speed
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]
NOISE_PICTURES = 40  # of each kind
ERRORS_PER_GROUP = 16  # in the figure of the worst errors


def evaluate(
    recognizer: DigitRecognizer,
    data_dir: Path,
    *,
    parts: Collection[str] = PARTS,
    step: int = 1,
    figures: Path | None = None,
) -> Metrics:
    """Measure all parts.

    Args:
        data_dir: the folder with MNIST/raw.
        parts: which of ``PARTS`` to measure; the test writers only if the networks haven't learned
            from them.
        step: use every ``step``-th picture only, to save time.
        figures: folder for the PNG files; None: no figures.

    Returns:
        The content of metrics.json.

    Raises:
        DataError: MNIST is needed and can't be read or downloaded.
    """
    model = {"id": recognizer.id, "revision": recognizer.revision}
    metrics: Metrics = {"model": model | recognizer.hashes._asdict()}
    if not recognizer.unseen_writers >= TEST_WRITERS:
        parts = [part for part in parts if part != "test-writers"]
    metrics |= _evaluate_digits(recognizer, data_dir, parts, step, figures)
    if "non-digits" in parts:
        metrics["nondigits"] = _evaluate_nondigits(recognizer, step, figures)
    if "empty-sheets" in parts:
        # Noise takes the networks longest: at least two pictures of each of its sizes.
        sets = blank_pictures() | noise_pictures(max(4, NOISE_PICTURES // step))
        metrics["verdicts"] = {
            name: count_verdicts(recognizer, pictures) for name, pictures in sets.items()
        }
    if "test-writers" in parts:
        metrics["test numbers"] = evaluate_test_numbers(recognizer, step=step)
    if "numbers" in parts:
        metrics["numbers"], wrong = evaluate_numbers(recognizer, step=step)
        if figures:
            wrong_numbers(wrong, figures / "wrong_numbers.png")
    if "speed" in parts:
        metrics["speed"] = measure_speed(recognizer)
    return metrics


def _evaluate_digits(
    recognizer: DigitRecognizer,
    data_dir: Path,
    parts: Collection[str],
    step: int,
    figures: Path | None,
) -> Metrics:
    rows: dict[str, Metrics] = {}
    outputs: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}  # probabilities and labels
    errors: dict[str, list[Misclassification]] = {}
    for name, (images, labels) in digit_sets(
        data_dir, parts=parts, step=step, find_ink=recognizer.find_ink
    ):
        logits = recognizer.logits(images)
        probabilities = recognizer.calibration.probabilities(logits)
        rows[name] = measure_logits(logits, labels, recognizer.calibration)
        group = group_of(name)
        outputs.setdefault(group, []).append((probabilities, labels))
        if GROUPS[group].is_shown:
            source = group if GROUPS[group].same_digits else name
            errors.setdefault(group, []).extend(_errors(source, images, probabilities, labels))
    if not rows:
        return {}
    for group in ("photographs", "test photographs"):
        for kind in KINDS:
            if (name := f"{group}, {kind}") in rows:
                rows[name]["seen"] = "no" if kind in UNSEEN else "yes"
    for group, corruptions in CORRUPTED.items():
        for corruption in corruptions:
            if (name := f"{group}, {corruption.name}") in rows:
                rows[name]["seen"] = corruption.seen
    metrics: Metrics = {"digits": rows}
    for group in dict.fromkeys(map(group_of, rows)):
        if GROUPS[group].has_variants:
            metrics[group] = summarise(
                {name: row for name, row in rows.items() if group_of(name) == group}
            )
    metrics["reliability"] = {
        group: reliability(*answers(*map(np.concatenate, zip(*pairs, strict=True))))
        for group, pairs in outputs.items()
    }
    if figures:
        reliability_diagrams(metrics["reliability"], figures / "reliability.png")
        worst = {group: _most_confident(found) for group, found in errors.items()}
        worst_errors(worst, figures / "worst_errors.png")
        drawings = load_drawings(recognizer.find_ink)[0][:10]
        corruption_sheet(drawings, CORRUPTED["MNIST-C"], figures / "corruptions.png")
        corruption_sheet(drawings, CORRUPTED[ROBUSTNESS], figures / "robustness.png")
    return metrics


def _errors(
    source: str, images: np.ndarray, probabilities: np.ndarray, labels: np.ndarray
) -> list[Misclassification]:
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    return [
        Misclassification(
            source, int(i), images[i], int(labels[i]), int(predicted[i]), float(confidence[i])
        )
        for i in np.flatnonzero(predicted != labels)
    ]


def _most_confident(errors: list[Misclassification]) -> list[Misclassification]:
    """The errors with the highest confidence, at most one for each digit of a source."""
    ascending = sorted(errors, key=lambda error: error.confidence)
    by_digit = {(error.source, error.index): error for error in ascending}  # keeps the last one
    return sorted(by_digit.values(), key=lambda error: -error.confidence)[:ERRORS_PER_GROUP]


def _evaluate_nondigits(recognizer: DigitRecognizer, step: int, figures: Path | None) -> Metrics:
    """Each set of non-digits against the development writers' strokes under all conditions."""
    calibration = recognizer.calibration
    strokes = pen_digits("development")[::step]
    sets = (
        stroke_set(strokes, condition, find_ink=recognizer.find_ink) for condition in CONDITIONS
    )
    images = np.concatenate([images for images, _ in sets])
    digits = digit_scores(recognizer.logits(images), calibration)
    rows: dict[str, Metrics] = {}
    curves = {}
    for set_name, images in nondigit_sets(step=step, find_ink=recognizer.find_ink):
        logits = recognizer.logits(images)
        nondigits = digit_scores(logits, calibration)
        scores = {name: detection_metrics(digits[name], nondigits[name]) for name in digits}
        refused = float(calibration.refuses(logits).mean())
        rows[set_name] = {
            "count": len(images),
            "refused": refused,
            **scores["in use"],
            "scores": scores,
        }
        curves[set_name] = roc(digits["in use"], nondigits["in use"])
    if figures:
        roc_curves(curves, figures / "roc.png")
    return rows
