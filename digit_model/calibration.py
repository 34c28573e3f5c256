"""Calibrated probabilities and a digit score from logits, float (N, 10)."""

from dataclasses import dataclass

import numpy as np


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


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row, float64 (N, n)."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def energy(logits: np.ndarray) -> np.ndarray:
    """logsumexp of each row, float64 (N,): high for digits (−E of Liu et al., 2020)."""
    largest = logits.max(axis=1)
    return largest + np.log(np.exp(logits - largest[:, None], dtype=np.float64).sum(axis=1))
