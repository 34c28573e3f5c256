"""Whether one set of weights is better than another, set by set, on the same pictures.

Each picture that one reads rightly and the other doesn't is a toss: were they equally good, half of
these would fall to either. McNemar's exact test (1947) asks how unusual the actual split would be
then; Holm's correction (1979) allows for the number of sets, as one of twenty would show a p of 5 %
by chance.
"""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from digit_model.evaluation.report import PARTS, Table
from digit_model.evaluation.sets import digit_sets, nondigit_sets
from digit_model.recognizer import DigitRecognizer

ALPHA = 0.05  # of calling any set different when none is


@dataclass(frozen=True)
class Row:
    """One set. ``first`` and ``second`` are shares: read rightly, or refused if no digits."""

    name: str
    count: int
    first: float
    second: float
    only_first: int  # pictures that the first alone got right
    only_second: int
    p: float  # McNemar, two-sided, not corrected
    verdict: str  # "better", "worse" or "no difference shown"


def compare(
    first: DigitRecognizer,
    second: DigitRecognizer,
    data_dir: Path,
    *,
    parts: Collection[str] = PARTS,
    step: int = 1,
) -> list[Row]:
    """Both on every set that the evaluation has; the options are those of the evaluation.

    Raises:
        DataError: MNIST is wanted and can't be had.
    """
    outcomes: list[tuple[str, np.ndarray, np.ndarray]] = []
    for name, (images, labels) in digit_sets(data_dir, parts=parts, step=step):
        a, b = (recognizer.logits(images).argmax(1) == labels for recognizer in (first, second))
        outcomes.append((name, a, b))
    if "non-digits" in parts:
        for name, images in nondigit_sets(step=step):
            a, b = (_refused(recognizer, images) for recognizer in (first, second))
            outcomes.append((f"{name}, refused", a, b))
    return compare_outcomes(outcomes)


def _refused(recognizer: DigitRecognizer, images: np.ndarray) -> np.ndarray:
    scores = recognizer.calibration.digit_scores(recognizer.logits(images))
    return scores < recognizer.calibration.not_a_digit_below


def compare_outcomes(outcomes: list[tuple[str, np.ndarray, np.ndarray]]) -> list[Row]:
    """(name, right by the first, right by the second), both bool (N,), for each set → rows."""
    splits = [(int((a & ~b).sum()), int((b & ~a).sum())) for _, a, b in outcomes]
    values = [mcnemar(*split) for split in splits]
    different = holm(values)
    rows = []
    for (name, a, b), split, p, differs in zip(outcomes, splits, values, different, strict=True):
        verdict = "no difference shown"
        if differs:
            verdict = "better" if split[1] > split[0] else "worse"
        rows.append(Row(name, len(a), float(a.mean()), float(b.mean()), *split, p, verdict))
    return rows


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p of a split at least this uneven among as many fair tosses."""
    tosses, fewer = only_first + only_second, min(only_first, only_second)
    ways = tail = 1  # of no heads among the tosses; and of so many or fewer
    for heads in range(1, fewer + 1):
        ways = ways * (tosses - heads + 1) // heads
        tail += ways
    return min(1.0, 2 * tail / 2**tosses)


def holm(values: list[float], alpha: float = ALPHA) -> list[bool]:
    """Which of several p values count, so that the chance of any false one is at most alpha."""
    counts = [False] * len(values)
    for rank, index in enumerate(sorted(range(len(values)), key=lambda index: values[index])):
        if values[index] > alpha / (len(values) - rank):
            break
        counts[index] = True
    return counts


def format_comparison(rows: list[Row], first: str, second: str) -> str:
    """The rows as a table, and what follows from them in a sentence."""
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
    note = "In %: read rightly, or refused if no digits. Only: how many the one alone got right."
    table = Table(f"A: {first}, B: {second}", columns, cells, note)
    better = sum(row.verdict == "better" for row in rows)
    worse = sum(row.verdict == "worse" for row in rows)
    conclusion = "there is no reason to ship B"
    if worse:
        conclusion = "don't ship B before these are understood"
    elif better:
        conclusion = "B can replace A"
    return (
        f"{table.text()}\n\n"
        f"Of {len(rows)} sets, B is better on {better} and worse on {worse} (McNemar's exact test, "
        f"Holm's correction, {100 * ALPHA:.0f} %): {conclusion}."
    )
