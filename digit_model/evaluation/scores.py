"""Metrics of probabilities and scores.

Probabilities are float (N, 10), labels int (N,).
"""

import numpy as np


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
