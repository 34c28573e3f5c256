"""Logits → honest numbers: calibrated probabilities, a digit score, and the measures of both.

Everything here is numpy on logits, float (N, 10), and labels, int (N,).
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

UNSURE_ERROR = 0.002  # at most this share of the answers given without "unsure" may be wrong …
MAX_UNSURE = 0.03  # … unless that would make more than this share of the digits unsure
KEPT_DIGITS = 0.997  # share of real digits that the non-digit threshold must let through


@dataclass(frozen=True)
class Calibration:
    """Constants fitted on validation data; saved in config.json.

    Attributes:
        temperature: divides the logits before the softmax (Guo et al., 2017).
        energy_middle, energy_scale: the digit score is the logistic function of
            ``(energy - energy_middle) / energy_scale``.
        unsure_below: smallest confidence that is answered without reserve.
        not_a_digit_below: smallest digit score that counts as a digit.
    """

    temperature: float = 1.0
    energy_middle: float = 0.0
    energy_scale: float = 1.0
    unsure_below: float = 0.5
    not_a_digit_below: float = 0.0

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """float64 (N, 10); every row sums to 1."""
        return softmax(logits / self.temperature)

    def digit_scores(self, logits: np.ndarray) -> np.ndarray:
        """float64 (N,) in [0, 1]: how much the ink looks like any digit at all."""
        return 1.0 / (1.0 + np.exp((self.energy_middle - energy(logits)) / self.energy_scale))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def energy(logits: np.ndarray) -> np.ndarray:
    """logsumexp of each row, float64 (N,): high for digits (Liu et al., 2020; their −E)."""
    high = logits.max(axis=1)
    return high + np.log(np.exp(logits - high[:, None], dtype=np.float64).sum(axis=1))


def nll(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of the true labels, in nats."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def ece(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error in [0, 1]: the gap between accuracy and confidence.

    Over bins of equal width, weighted by their counts (Naeini, Cooper and Hauskrecht, 2015).
    """
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == labels
    which = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [abs(right[which == bin].sum() - confidence[which == bin].sum()) for bin in range(bins)]
    return float(sum(gaps) / len(labels))


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Chance that a positive scores above a negative, ties counted half (Mann and Whitney)."""
    scores = np.concatenate([positive, negative])
    _, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = ((last - counts + 1 + last) / 2)[which]
    wins = ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(wins / (len(positive) * len(negative)))


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
        logits, labels: of digits as they are written.
        augmented_logits: of the same digits after augmentation; the temperature is fitted on
            both, or it would be too sure of everything but clean sheets.
        nondigit_logits: of ink that is no digit. The digit score's middle lies half-way between the
            median energies of the two, a sixth of that distance being one unit of its logistic.
    """
    temperature = fit_temperature(np.concatenate([logits, augmented_logits]), np.tile(labels, 2))
    digits, others = np.median(energy(logits)), np.median(energy(nondigit_logits))
    scale = max(float(digits - others) / 6, 1e-3)
    fitted = Calibration(temperature, float(digits + others) / 2, scale)
    return dataclasses.replace(
        fitted,
        unsure_below=_unsure_threshold(fitted.probabilities(logits), labels),
        not_a_digit_below=float(np.quantile(fitted.digit_scores(logits), 1 - KEPT_DIGITS)),
    )


def _unsure_threshold(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """The smallest confidence above which the answers are wrong as seldom as ``UNSURE_ERROR``."""
    confidence = probabilities.max(axis=1)
    order = np.argsort(-confidence)
    wrong = (probabilities.argmax(axis=1) != labels)[order]
    rate = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    accepted = (
        int(np.flatnonzero(rate <= UNSURE_ERROR)[-1]) + 1 if (rate <= UNSURE_ERROR).any() else 0
    )
    accepted = max(accepted, int(len(wrong) * (1 - MAX_UNSURE)))
    return float(max(0.5, confidence[order][min(accepted, len(wrong)) - 1]))
