"""Metrics of a set: accuracy, calibration, verdicts, and detection of non-digits."""

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from digit_model.calibration import Calibration, energy
from digit_model.data import Digits
from digit_model.evaluation.scores import auroc, ece, nll
from digit_model.prediction import Verdict
from digit_model.recognizer import DigitRecognizer

Metrics = dict[str, Any]
TPR = 0.99  # share of the digits accepted by the threshold at which scores are compared
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)


def measure(recognizer: DigitRecognizer, digits: Digits) -> Metrics:
    """Metrics of one set of preprocessed digits; all shares are in [0, 1]."""
    return measure_logits(recognizer.logits(digits[0]), digits[1], recognizer.calibration)


def measure_logits(logits: np.ndarray, labels: np.ndarray, calibration: Calibration) -> Metrics:
    """As :func:`measure`, from logits, float (N, 10), and labels, int (N,).

    "accuracy" and "mean_recall" are of the likeliest digits, refused or not.
    """
    probabilities = calibration.probabilities(logits)
    correct = probabilities.argmax(axis=1) == labels
    refused = calibration.refuses(logits)
    unsure = ~refused & (probabilities.max(axis=1) < calibration.unsure_below)
    return {
        "count": len(labels),
        "accuracy": float(correct.mean()),
        "mean_recall": float(
            np.mean([correct[labels == label].mean() for label in np.unique(labels)])
        ),
        "ece": ece(probabilities, labels),
        "nll": nll(probabilities, labels),
        "refused": float(refused.mean()),
        "unsure": float(unsure.mean()),
    }


def summarise(rows: dict[str, Metrics]) -> Metrics:
    """Means over several sets, and the worst ones; ``rows`` has their metrics by name."""
    recalls = {name: row["mean_recall"] for name, row in rows.items()}
    accuracies = {name: row["accuracy"] for name, row in rows.items()}
    worst = min(recalls, key=lambda name: recalls[name])
    least_accurate = min(accuracies, key=lambda name: accuracies[name])
    return {
        "mean_recall": float(np.mean(list(recalls.values()))),
        "worst": worst,
        "worst_recall": recalls[worst],
        "mean_accuracy": float(np.mean(list(accuracies.values()))),
        "least_accurate": least_accurate,
        "worst_accuracy": accuracies[least_accurate],
    }


def digit_scores(logits: np.ndarray, calibration: Calibration) -> dict[str, np.ndarray]:
    """Scores to separate digits from non-digits, each float (N,) and high for digits.

    "in use" is the digit score of the recogniser. The others are for comparison: the energy (Liu et
    al., 2020), the largest probability (Hendrycks and Gimpel, 2017), the negative entropy, and the
    difference between the two largest logits.
    """
    probabilities = calibration.probabilities(logits)
    ascending = np.sort(logits, axis=1)
    return {
        "in use": calibration.digit_scores(logits),
        "energy": energy(logits),
        "max probability": probabilities.max(axis=1),
        "negative entropy": (probabilities * np.log(np.maximum(probabilities, 1e-300))).sum(axis=1),
        "logit margin": ascending[:, -1] - ascending[:, -2],
    }


def detection_metrics(digits: np.ndarray, nondigits: np.ndarray) -> Metrics:
    """How well a score separates digits, float (N,), from non-digits, float (M,).

    ``refused_at_kept`` is the share of the non-digits below the threshold that accepts 99 % of the
    digits: 1 − FPR at 99 % TPR.
    """
    threshold = np.quantile(digits, 1 - TPR)
    return {
        "auroc": auroc(digits, nondigits),
        "refused_at_kept": float((nondigits < threshold).mean()),
    }


def roc(digits: np.ndarray, nondigits: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True and false positive rates of a score at every threshold, both float (K,), ascending."""
    thresholds = np.unique(np.concatenate([digits, nondigits]))[::-1]
    tpr = 1 - np.searchsorted(np.sort(digits), thresholds) / len(digits)
    fpr = 1 - np.searchsorted(np.sort(nondigits), thresholds) / len(nondigits)
    return np.concatenate([[0.0], tpr]), np.concatenate([[0.0], fpr])


def count_verdicts(recognizer: DigitRecognizer, pictures: Sequence[np.ndarray]) -> Metrics:
    """The number of pictures with each verdict; the pictures are not preprocessed."""
    given = [prediction.verdict for prediction in recognizer.predict_batch(pictures)]
    return {"count": len(pictures)} | {verdict: given.count(verdict) for verdict in VERDICTS}
