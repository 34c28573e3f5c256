"""Metrics of probabilities and scores.

Probabilities are float (N, 10), labels int (N,).
"""

import numpy as np

BINS = 15  # of confidence
NORMAL_95 = 1.96  # standard deviations within which 95 % of a normal distribution lie


def nll(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Mean negative log-likelihood of the true labels, in nats."""
    of_labels = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_labels, 1e-12)).mean())


def ece(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """Expected calibration error in [0, 1] (Naeini, Cooper and Hauskrecht, 2015).

    The mean gap between accuracy and confidence over bins of equal width, weighted by their counts.
    """
    return confidence_gap(*answers(probabilities, labels))


def answers(probabilities: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The confidence of each answer, float (N,), and which are right, bool (N,)."""
    return probabilities.max(axis=1), probabilities.argmax(axis=1) == labels


def confidence_gap(confidence: np.ndarray, correct: np.ndarray, *, bins: int = BINS) -> float:
    """The ECE of any answers, from their confidence, float (N,), and which are right, bool (N,)."""
    rows = reliability(confidence, correct, bins=bins)
    gaps = (row["count"] * abs(row["accuracy"] - row["confidence"]) for row in rows)
    return float(sum(gaps) / len(correct))


def reliability(
    confidence: np.ndarray, correct: np.ndarray, *, bins: int = BINS
) -> list[dict[str, float]]:
    """Count, mean confidence and accuracy of each bin of confidence that isn't empty.

    For a reliability diagram (DeGroot and Fienberg, 1983).
    """
    bin_index = np.minimum((confidence * bins).astype(int), bins - 1)
    members = [bin_index == bin for bin in np.unique(bin_index)]
    return [
        {
            "count": int(member.sum()),
            "confidence": float(confidence[member].mean()),
            "accuracy": float(correct[member].mean()),
        }
        for member in members
    ]


def interval(share: float, count: int) -> tuple[float, float]:
    """The 95 % confidence interval of a share of so many independent answers (Wilson, 1927)."""
    weight = NORMAL_95**2 / count
    middle = (share + weight / 2) / (1 + weight)
    reach = NORMAL_95 / (1 + weight) * np.sqrt((share * (1 - share) + weight / 4) / count)
    return float(max(0.0, middle - reach)), float(min(1.0, middle + reach))


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
