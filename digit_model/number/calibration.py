"""The probabilities of a number's digits and of the whole number, from those of two networks."""

from dataclasses import dataclass

import numpy as np

from digit_model.number.detect import Detections


@dataclass(frozen=True)
class NumberCalibration:
    """Constants fitted on numbers by the development writers; saved in config.json.

    Attributes:
        digit_weight: of the digit network's log-probabilities beside the number network's.
        temperature: divides their sum before the softmax.
        offset, digits, marks: the confidence of a number is the logistic function of ``offset`` +
            ``digits`` · the sum of its digits' log-probabilities + ``marks`` · the sum of the
            logarithms of the scores of what was found.
    """

    digit_weight: float = 0.4
    temperature: float = 1.0
    offset: float = 3.0
    digits: float = 4.0
    marks: float = 0.5

    def probabilities(self, found: Detections, logits: np.ndarray) -> np.ndarray:
        """Of the ten digits, float64 (n, 10), for n marks and the digit network's logits of each.

        Every row sums to 1: that a mark may be no digit is in ``found`` alone.
        """
        by_number = np.log(np.maximum(found.classes[:, :10], 1e-6, dtype=np.float64))
        summed = by_number + self.digit_weight * log_softmax(logits)
        return np.asarray(np.exp(log_softmax(summed / self.temperature)))

    def confidence(self, probabilities: np.ndarray, scores: np.ndarray) -> float:
        """That a whole number is right, in [0, 1].

        Args:
            probabilities: float (n,), of the digits that were read.
            scores: float (m,), of all marks that were found.
        """
        evidence = self.offset + self.digits * np.log(probabilities).sum()
        evidence += self.marks * np.log(scores).sum()
        return float(np.exp(-np.logaddexp(0, -evidence)))


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row, float64 (N, n)."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
