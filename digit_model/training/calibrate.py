"""Fits the constants of a :class:`~digit_model.calibration.Calibration` on held-out data.

Logits are float (N, 10), labels int (N,).
"""

import dataclasses

import numpy as np

from digit_model.calibration import Calibration, energy, softmax
from digit_model.evaluation.scores import nll

# The "unsure" threshold: at most this share of the answers above it may be wrong, unless that makes
# more than a share MAX_UNSURE of all answers unsure.
MAX_SURE_ERROR = 0.002
MAX_UNSURE = 0.03
DIGIT_TPR = 0.995  # share of real digits that the not-a-digit threshold accepts,
# unless it lay below the energy of logits that are all so low, where most of what is no digit lies;
UNDECIDED = 0.03
LEAST_DIGIT_TPR = 0.99  # but so many are always accepted


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest nll, by golden-section search on its logarithm."""

    def cost(log_temperature: float) -> float:
        return nll(softmax(logits / np.exp(log_temperature)), labels)

    low, high, ratio = np.log(0.05), np.log(20.0), (np.sqrt(5.0) - 1) / 2
    while high - low > 1e-4:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if cost(left) < cost(right):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2))


def calibrate(
    logits: np.ndarray,
    labels: np.ndarray,
    augmented_logits: np.ndarray,
    nondigit_logits: np.ndarray,
) -> Calibration:
    """Fit all constants on held-out data.

    Args:
        logits, labels: of clean digits.
        augmented_logits: of the same digits after augmentation. The temperature is fitted on both,
            because one fitted on clean digits alone is overconfident on all others.
        nondigit_logits: of ink that is not a digit. ``energy_middle`` is half-way between the
            median energies of digits and non-digits, ``energy_scale`` a sixth of their distance.
    """
    temperature = fit_temperature(np.concatenate([logits, augmented_logits]), np.tile(labels, 2))
    digits, nondigits = np.median(energy(logits)), np.median(energy(nondigit_logits))
    scale = max(float(digits - nondigits) / 6, 1e-3)
    fitted = Calibration(temperature, float(digits + nondigits) / 2, scale)
    return dataclasses.replace(
        fitted,
        unsure_below=_unsure_threshold(fitted.probabilities(logits), labels),
        not_a_digit_below=_digit_threshold(fitted, logits),
    )


def _digit_threshold(fitted: Calibration, logits: np.ndarray) -> float:
    """The digit score from which ink is a digit, from logits of digits."""
    most, usual = np.quantile(fitted.digit_scores(logits), [1 - LEAST_DIGIT_TPR, 1 - DIGIT_TPR])
    (undecided,) = fitted.digit_scores(np.full((1, 10), UNDECIDED))
    return float(min(max(usual, undecided), most))


def _unsure_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The smallest confidence ≥ 0.5 within ``MAX_SURE_ERROR`` and ``MAX_UNSURE``."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    wrong = (probabilities.argmax(axis=1) != labels)[order]
    error_rate = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)  # of the most confident n
    acceptable = np.flatnonzero(error_rate <= MAX_SURE_ERROR)
    accepted = int(acceptable[-1]) + 1 if acceptable.size else 0
    accepted = max(accepted, int(len(wrong) * (1 - MAX_UNSURE)))
    return float(max(0.5, confidence[order][min(accepted, len(wrong)) - 1]))
