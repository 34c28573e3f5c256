"""The probabilities of a number's digits and of the whole number, from those of two networks."""

from dataclasses import dataclass

import numpy as np

from digit_model.number import OTHER
from digit_model.number.detect import Detections


@dataclass(frozen=True)
class NumberCalibration:
    """Constants fitted on numbers by the development writers; saved in config.json.

    Attributes:
        digit_weight: of the digit network's log-probabilities beside the number network's.
        temperature: divides their sum before the softmax.
        offset: the confidence of a number is the logistic function of it and of the others, each
            times its evidence, see :func:`number_evidence`.
        digits, marks, kinds, others: their weights.
    """

    digit_weight: float = 0.4
    temperature: float = 1.0
    offset: float = 3.0
    digits: float = 4.0
    marks: float = 0.5
    kinds: float = 0.0
    others: float = 0.0

    def probabilities(self, found: Detections, logits: np.ndarray) -> np.ndarray:
        """Of the ten digits, float64 (n, 10), for n marks and the digit network's logits of each.

        Every row sums to 1: that a mark may be no digit is in ``found`` alone.
        """
        by_number = np.log(np.maximum(found.classes[:, :10], 1e-6, dtype=np.float64))
        summed = by_number + self.digit_weight * log_softmax(logits)
        return np.asarray(np.exp(log_softmax(summed / self.temperature)))

    def confidence(self, probabilities: np.ndarray, found: Detections) -> float:
        """That a whole number is right, in [0, 1]; see :func:`number_evidence`."""
        weights = self.digits, self.marks, self.kinds, self.others
        evidence = self.offset + number_evidence(probabilities, found) @ weights
        return float(np.exp(-np.logaddexp(0, -evidence)))


def number_evidence(probabilities: np.ndarray, found: Detections) -> np.ndarray:
    """What tells whether a whole number is right.

    Args:
        probabilities: float (n,), of the digits that were read.
        found: all marks.

    Returns:
        float64 (4,), the sums of the logarithms of these probabilities, of the marks' scores and of
        the probabilities that each mark is a digit, or is none, whichever it was taken for; and how
        many were taken for none.
    """
    other = found.classes[:, OTHER].astype(np.float64)
    logarithms = (np.log(probabilities), np.log(found.scores), np.log(np.maximum(other, 1 - other)))
    return np.array([*(values.sum() for values in logarithms), (~found.is_digit).sum()])


def log_softmax(logits: np.ndarray) -> np.ndarray:
    """Of each row, float64 (N, n)."""
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
