"""The figures of a set: accuracy, calibration, verdicts, and digits told from non-digits."""

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from digit_model.calibration import Calibration, auroc, ece, energy, nll
from digit_model.data import Digits
from digit_model.prediction import Verdict
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]
KEPT = 0.99  # share of the digits that a threshold lets through when scores are compared
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
BINS = 15  # of confidence, in reliability diagrams


def measure(recognizer: DigitRecognizer, digits: Digits) -> Metrics:
    """Figures of one set of preprocessed digits, all shares in [0, 1]."""
    return measure_logits(recognizer.logits(digits[0]), digits[1], recognizer.calibration)


def measure_logits(logits: np.ndarray, labels: np.ndarray, calibration: Calibration) -> Metrics:
    """The same from float (N, 10) and int (N,)."""
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


def summarise(rows: dict[str, Metrics]) -> Metrics:
    """Mean and worst of several sets, named as in ``rows``."""
    recalls = {name: row["mean_recall"] for name, row in rows.items()}
    accuracies = {name: row["accuracy"] for name, row in rows.items()}
    worst = min(recalls, key=lambda name: recalls[name])
    least = min(accuracies, key=lambda name: accuracies[name])
    return {
        "mean_recall": float(np.mean(list(recalls.values()))),
        "worst": worst,
        "worst_recall": recalls[worst],
        "mean_accuracy": float(np.mean(list(accuracies.values()))),
        "least_accurate": least,
        "worst_accuracy": accuracies[least],
    }


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> list[dict[str, float]]:
    """Per bin of confidence that isn't empty: its count, mean confidence and accuracy.

    The diagram of DeGroot and Fienberg (1983); the bins are those of the ECE.
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        {
            "count": int((which == bin).sum()),
            "confidence": float(confidence[which == bin].mean()),
            "accuracy": float(right[which == bin].mean()),
        }
        for bin in np.unique(which)
    ]


def digit_scores(logits: np.ndarray, calibration: Calibration) -> dict[str, np.ndarray]:
    """Scores that could tell digits from non-digits, high for digits, float (N,) each.

    "in use" is the one that ships; the others stand beside it for comparison: the energy (Liu et
    al., 2020), the largest probability (Hendrycks and Gimpel, 2017), the negative entropy, and
    the largest logit's lead over the second.
    """
    probabilities = calibration.probabilities(logits)
    ordered = np.sort(logits, axis=1)
    return {
        "in use": calibration.digit_scores(logits),
        "energy": energy(logits),
        "max probability": probabilities.max(axis=1),
        "negative entropy": (probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(axis=1),
        "logit margin": ordered[:, -1] - ordered[:, -2],
    }


def separation(digits: np.ndarray, others: np.ndarray) -> Metrics:
    """How well a score, float (N,) and (M,), tells the two apart.

    ``refused_at_kept`` is the share of the others below the threshold that keeps 99 % of the
    digits.
    """
    threshold = np.quantile(digits, 1 - KEPT)
    return {
        "auroc": auroc(digits, others),
        "refused_at_kept": float((others < threshold).mean()),
    }


def roc(digits: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of the digits kept, and of the others, at every threshold: float (K,) both, rising."""
    thresholds = np.unique(np.concatenate([digits, others]))[::-1]
    kept = 1 - np.searchsorted(np.sort(digits), thresholds) / len(digits)
    passed = 1 - np.searchsorted(np.sort(others), thresholds) / len(others)
    return np.concatenate([[0.0], kept]), np.concatenate([[0.0], passed])


def verdicts(recognizer: DigitRecognizer, pictures: Sequence[np.ndarray]) -> Metrics:
    """How often each verdict is given, of raw pictures."""
    given = [prediction.verdict for prediction in recognizer.predict_batch(pictures)]
    return {"count": len(pictures)} | {verdict: given.count(verdict) for verdict in VERDICTS}
