"""Calibrated probabilities and a digit score from logits, and the metrics of both.

All functions take numpy arrays: logits, float (N, 10), and labels, int (N,).
"""

import dataclasses
from dataclasses import dataclass

import numpy as np

# The "unsure" threshold: at most this share of the answers above it may be wrong, unless that makes
# more than a share MAX_UNSURE of all answers unsure.
MAX_SURE_ERROR = 0.002
MAX_UNSURE = 0.03
DIGIT_TPR = 0.997  # share of real digits that the not-a-digit threshold accepts,
# unless it lay below the energy of logits that are all so low, where most of what is no digit lies;
UNDECIDED = 0.03
LEAST_DIGIT_TPR = 0.99  # but so many are always accepted


@dataclass(frozen=True)
class Calibration:
    """Constants fitted on validation data; saved in config.json.

    Attributes:
        temperature: divides the logits before the softmax (Guo et al., 2017).
        energy_middle, energy_scale: the digit score is the logistic function of
            ``(energy - energy_middle) / energy_scale``.
        unsure_below: smallest confidence whose verdict is not "unsure".
        not_a_digit_below: smallest digit score whose verdict is not "not_a_digit".
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
        """float64 (N,) in [0, 1]: how much the ink looks like a digit of any class."""
        return 1.0 / (1.0 + np.exp((self.energy_middle - energy(logits)) / self.energy_scale))

    def refuses(self, logits: np.ndarray) -> np.ndarray:
        """Whose verdict is "not_a_digit", bool (N,)."""
        return np.asarray(self.digit_scores(logits) < self.not_a_digit_below)

    @property
    def least_energy(self) -> float:
        """From which the verdict is not "not_a_digit"."""
        return self.energy_middle + self.energy_scale * log_odds(self.not_a_digit_below)


def log_odds(probability: float) -> float:
    """Between 0 and 1, both excluded."""
    return float(np.log(probability / (1 - probability)))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def energy(logits: np.ndarray) -> np.ndarray:
    """logsumexp of each row, float64 (N,): high for digits (−E of Liu et al., 2020)."""
    largest = logits.max(axis=1)
    return largest + np.log(np.exp(logits - largest[:, None], dtype=np.float64).sum(axis=1))


def nll(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of the true labels, in nats."""
    of_labels = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_labels, 1e-12)).mean())


def ece(probabilities: np.ndarray, labels: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error in [0, 1] (Naeini, Cooper and Hauskrecht, 2015).

    The mean gap between accuracy and confidence over bins of equal width, weighted by their counts.
    """
    return confidence_gap(
        probabilities.max(axis=1), probabilities.argmax(axis=1) == labels, bins=bins
    )


def confidence_gap(confidence: np.ndarray, correct: np.ndarray, *, bins: int) -> float:
    """The ECE of any answers, from their confidence, float (N,), and which are right, bool (N,)."""
    bin_index = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_index == bin for bin in range(bins)]
    gaps = [abs(correct[member].sum() - confidence[member].sum()) for member in members]
    return float(sum(gaps) / len(correct))


def auroc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Probability that a positive scores above a negative; ties count half.

    From the ranks, as in the Mann-Whitney U test (1947).
    """
    scores = np.concatenate([positive, negative])
    _, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    last_rank = np.cumsum(counts)
    mean_ranks = ((last_rank - counts + 1 + last_rank) / 2)[inverse]
    u = mean_ranks[: len(positive)].sum() - len(positive) * (len(positive) + 1) / 2
    return float(u / (len(positive) * len(negative)))


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
