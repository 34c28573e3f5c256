"""A paired comparison of two sets of weights on the same pictures, for each set of the evaluation.

McNemar's exact test (1947) looks at the pictures that only one of the two gets right. If both were
equally good, each would be right on half of these, up to chance; p is the probability of a
difference at least this large. Holm's correction (1979) accounts for the number of sets: without
it, one set in twenty would have p < 5 % by chance.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digit_model.data import DataError
from digit_model.evaluation.number_samples import number_samples
from digit_model.evaluation.report import GROUPS, PARTS, Table
from digit_model.evaluation.sets import digit_sets, nondigit_sets
from digit_model.recognizer import DigitRecognizer

# Weights aren't chosen on a test.
TESTS = {group.part for group in GROUPS.values() if group.is_test}
NOT_COMPARED = TESTS | {"empty-sheets", "speed"}
ALPHA = 0.05  # probability of finding a difference in any set when there is none

# The name of a set, and what the first and the second got right of it, both bool (N,).
Outcome = tuple[str, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class SetComparison:
    """The result on one set.

    ``first`` and ``second`` are shares in [0, 1]: of digits that are recognised correctly and not
    refused, of non-digits that are refused, or of numbers that are read exactly.
    """

    name: str
    count: int
    first: float
    second: float
    only_first: int  # pictures that only the first got right
    only_second: int
    p: float  # of McNemar's test, two-sided, without Holm's correction
    verdict: str  # "better", "worse" or "no difference shown"


def compare(
    first: DigitRecognizer,
    second: DigitRecognizer,
    data_dir: Path,
    *,
    parts: Collection[str] = PARTS,
    step: int = 1,
) -> list[SetComparison]:
    """Compare two recognisers on all sets; options as in :func:`.evaluate.evaluate`.

    Raises:
        DataError: MNIST is needed and can't be read or downloaded; or there is nothing to compare.
    """
    if set(parts) <= NOT_COMPARED:
        raise DataError(f"Nothing is compared in these parts: {', '.join(sorted(NOT_COMPARED))}.")
    outcomes: list[Outcome] = []
    parts = [part for part in parts if part not in NOT_COMPARED]
    both = first, second  # each sees the pictures through its own ink network
    sets = (digit_sets(data_dir, parts=parts, step=step, find_ink=each.find_ink) for each in both)
    for pair in zip(*sets, strict=True):
        a, b = (
            _read_rightly(each, images, labels)
            for each, (_, (images, labels)) in zip(both, pair, strict=True)
        )
        outcomes.append((pair[0][0], a, b))
    if "non-digits" in parts:
        others = (nondigit_sets(step=step, find_ink=each.find_ink) for each in both)
        for (name, images), (_, again) in zip(*others, strict=True):
            a = first.calibration.refuses(first.logits(images))
            b = second.calibration.refuses(second.logits(again))
            outcomes.append((f"{name}, refused", a, b))
    if "numbers" in parts:
        outcomes += _numbers(first, second, step)
    return compare_outcomes(outcomes)


def _read_rightly(
    recognizer: DigitRecognizer, images: np.ndarray, labels: np.ndarray
) -> np.ndarray:
    """Which digits users get right: refused ones aren't, unlike in the evaluation's accuracy."""
    logits = recognizer.logits(images)
    return (logits.argmax(1) == labels) & ~recognizer.calibration.refuses(logits)


def _numbers(first: DigitRecognizer, second: DigitRecognizer, step: int) -> list[Outcome]:
    exact: dict[str, list[list[bool]]] = {}
    for name, sample in number_samples(step=step):
        both = [each.read_number(sample.picture).text == sample.text for each in (first, second)]
        exact.setdefault(f"numbers, {name}", []).append(both)
    return [(name, *np.array(pairs).T) for name, pairs in exact.items()]


def compare_outcomes(outcomes: list[Outcome]) -> list[SetComparison]:
    """Compare what the first and the second got right, for each set."""
    splits = [(int((a & ~b).sum()), int((b & ~a).sum())) for _, a, b in outcomes]
    p_values = [mcnemar(*split) for split in splits]
    significant = holm(p_values)
    rows = []
    for (name, a, b), split, p, differs in zip(
        outcomes, splits, p_values, significant, strict=True
    ):
        verdict = "no difference shown"
        if differs:
            verdict = "better" if split[1] > split[0] else "worse"
        rows.append(
            SetComparison(name, len(a), float(a.mean()), float(b.mean()), *split, p, verdict)
        )
    return rows


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p value of the exact test: binomial with probability 1/2."""
    total, smaller = only_first + only_second, min(only_first, only_second)
    coefficient = tail = 1  # binomial coefficient (total over 0), and the sum of them
    for count in range(1, smaller + 1):
        coefficient = coefficient * (total - count + 1) // count
        tail += coefficient
    return min(1.0, 2 * tail / 2**total)  # integers: no rounding before the division


def holm(p_values: list[float], alpha: float = ALPHA) -> list[bool]:
    """Which p values are significant at a family-wise error rate of ``alpha``."""
    significant = [False] * len(p_values)
    ascending = sorted(range(len(p_values)), key=lambda index: p_values[index])
    for rank, index in enumerate(ascending):
        if p_values[index] > alpha / (len(p_values) - rank):
            break
        significant[index] = True
    return significant


def format_comparison(rows: list[SetComparison], first: str, second: str) -> str:
    """The rows as a table, with a conclusion in a sentence."""
    columns = ("Set", "Pictures", "A", "B", "only A", "only B", "p", "B is")
    cells = [
        (
            row.name,
            str(row.count),
            f"{100 * row.first:.2f}",
            f"{100 * row.second:.2f}",
            str(row.only_first),
            str(row.only_second),
            f"{row.p:.2g}",
            row.verdict,
        )
        for row in rows
    ]
    note = (
        "In %: read rightly and not refused, so less than the accuracy of `evaluate`; refused, if "
        "no digits; numbers: read exactly. "
        "Only: how many the one alone got right."
    )
    table = Table(f"A: {first}, B: {second}", columns, cells, note)
    better = sum(row.verdict == "better" for row in rows)
    worse = sum(row.verdict == "worse" for row in rows)
    conclusion = "B is no worse, as far as these sets can tell, and no better"
    if worse:
        conclusion = "don't ship B before these are understood"
    elif better:
        conclusion = "B can replace A"
    return (
        f"{table.text()}\n\n"
        f"Of {len(rows)} sets, B is better on {better} and worse on {worse} (McNemar's exact test, "
        f"Holm's correction, {100 * ALPHA:.0f} %): {conclusion}."
    )
