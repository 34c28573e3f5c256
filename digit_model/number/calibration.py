"""The probabilities of a number's digits and of the whole number, from those of two networks."""

from dataclasses import dataclass

import numpy as np

from digit_model.calibration import log_softmax, softmax
from digit_model.number import OTHER
from digit_model.number.detect import Detections


@dataclass(frozen=True)
class NumberCalibration:
    """Constants fitted on numbers by the development writers; saved in config.json.

    Attributes:
        digit_weight: of the digit network's log-probabilities beside the number network's.
        temperature: divides their sum before the softmax.
        offset: log-odds that no digit was missed.
        each, digits, marks, kinds, others: log-odds that a mark was read rightly, and the weights
            of the evidence for that, see :func:`number_evidence`.
    """

    digit_weight: float = 0.4
    temperature: float = 1.0
    offset: float = 4.0
    each: float = 5.0
    digits: float = 2.0
    marks: float = 0.5
    kinds: float = 1.0
    others: float = 0.0

    def probabilities(self, found: Detections, logits: np.ndarray) -> np.ndarray:
        """Of the ten digits, float64 (n, 10), for n marks and the digit network's logits of each.

        Every row sums to 1: that a mark may be no digit is in ``found`` alone.
        """
        return softmax(self.summed(found.classes, logits) / self.temperature)

    def summed(self, classes: np.ndarray, logits: np.ndarray) -> np.ndarray:
        """The weighted log-probabilities of both networks: float64 (n, 10), of n marks.

        Args:
            classes: as :attr:`~digit_model.number.detect.Detections.classes`, (n, 11).
            logits: the digit network's, (n, 10).
        """
        by_number = np.log(np.maximum(classes[:, :10], 1e-6, dtype=np.float64))
        return by_number + self.digit_weight * log_softmax(logits)

    def confidence(self, probabilities: np.ndarray, found: Detections) -> float:
        """That a whole number is right, in [0, 1]: no digit was missed, and none read wrong.

        ``probabilities``: float (n, 10), of :meth:`probabilities`.
        """
        weights = self.each, self.digits, self.marks, self.kinds, self.others
        right = number_evidence(probabilities, found) @ weights
        return float(np.exp(-np.logaddexp(0, -self.offset) - np.logaddexp(0, -right).sum()))


def number_evidence(probabilities: np.ndarray, found: Detections) -> np.ndarray:
    """What tells whether each mark was read rightly.

    Args:
        probabilities: float (n, 10), of the ten digits.
        found: the marks.

    Returns:
        float64 (n, 5): 1; the logarithms of the largest probability, 0 for what is no digit, of the
        mark's score, and of the probability that it is a digit, or is none, whichever it was taken
        for; and whether it was taken for none, 0 or 1.
    """
    other = found.classes[:, OTHER].astype(np.float64)
    columns = (
        np.ones_like(other),
        np.where(found.is_digit, np.log(probabilities.max(axis=1, initial=1e-12)), 0.0),
        np.log(found.scores),
        np.log(np.maximum(other, 1 - other)),
        np.where(found.is_digit, 0.0, 1.0),
    )
    return np.stack(columns, axis=1)
