"""metrics.json → tables for people, the same in the terminal and on the model card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

Metrics = dict[str, Any]
# What can be measured; the first six are groups of sets of digits.
PARTS = (
    *("mnist-test", "strokes", "drawings", "scans", "photographs", "mnist-c"),
    *("non-digits", "empty-sheets", "speed"),
)
SHARES = ("accuracy", "mean_recall", "ece", "unsure", "refused")


@dataclass(frozen=True)
class Table:
    """Cells as text; the first column is a name, the others are numbers."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """In columns of equal width, for a terminal."""
        cells = [self.columns, *self.rows]
        widths = [max(len(row[column]) for row in cells) for column in range(len(self.columns))]
        lines = [
            "  ".join(
                cell.rjust(width) if column else cell.ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ]
        rule = "-" * max(map(len, lines))
        return "\n".join([self.title, *([self.note] if self.note else []), rule, *lines])

    def markdown(self) -> str:
        lines = [self.columns, ["---", *("---:" for _ in self.columns[1:])], *self.rows]
        body = "\n".join("| " + " | ".join(row) + " |" for row in lines)
        return "\n\n".join([f"### {self.title}", *([self.note] if self.note else []), body])


def result_tables(metrics: Metrics) -> list[Table]:
    """A table for each thing that has been measured of these weights so far."""
    builders = (
        _overview,
        _strokes,
        _photographs,
        _corruptions,
        _nondigits,
        _scores,
        _verdicts,
        _speed,
        _validation,
    )
    return [table for builder in builders if (table := builder(metrics)) is not None]


def group_of(name: str) -> str:
    """The first part of a set's name: "strokes" for "strokes, thin, white on black"."""
    return name.partition(", ")[0]


def _members(metrics: Metrics, group: str) -> dict[str, Metrics]:
    """The rows of a group by the rest of their names."""
    rows = metrics.get("digits", {}).items()
    return {name.partition(", ")[2]: row for name, row in rows if group_of(name) == group}


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _mean(rows: Sequence[Metrics], key: str) -> float:
    return sum(row[key] for row in rows) / len(rows)


def _overview(metrics: Metrics) -> Table | None:
    """Every set of a few, and the mean of the groups that have a table of their own."""
    sets = metrics.get("digits", {})
    rows = []
    for group in dict.fromkeys(map(group_of, sets)):
        members = [row for name, row in sets.items() if group_of(name) == group]
        if group in ("strokes", "photographs", "MNIST-C"):
            worst = _percent(min(row["mean_recall"] for row in members))
            count = str(sum(row["count"] for row in members))
            means = [_percent(_mean(members, share)) for share in SHARES]
            rows.append([f"{group}, mean of {len(members)} sets", count, *means, worst])
        else:
            for name, row in sets.items():
                if group_of(name) == group:
                    cells = [_percent(row[share]) for share in SHARES]
                    rows.append([name, str(row["count"]), *cells, ""])
    if not rows:
        return None
    columns = ["Set", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused", "Worst recall"]
    return Table(
        "Digits",
        columns,
        rows,
        "In %. Recall is the mean over the ten digits. Unsure and refused are shares of all "
        "digits, right or wrong.",
    )


def _strokes(metrics: Metrics) -> Table | None:
    members = _members(metrics, "strokes")
    if not members:
        return None
    conditions = dict.fromkeys(name.partition(", ")[0] for name in members)
    styles = list(dict.fromkeys(name.partition(", ")[2] for name in members))
    rows = []
    for condition in conditions:
        cells = [members[f"{condition}, {style}"] for style in styles]
        recalls = [_percent(row["mean_recall"]) for row in cells]
        means = [_percent(_mean(cells, share)) for share in SHARES[2:]]
        rows.append([condition, *recalls, *means])
    return Table(
        "Pen strokes of held-out writers, by condition and style",
        ["Condition", *(style.capitalize() for style in styles), "ECE", "Unsure", "Refused"],
        rows,
        "Mean recall in each style; the rest is the mean of the styles. In %.",
    )


def _photographs(metrics: Metrics) -> Table | None:
    members = _members(metrics, "photographs")
    if not members:
        return None
    rows = [
        [name, str(row["count"]), *(_percent(row[share]) for share in SHARES)]
        for name, row in members.items()
    ]
    columns = ["Photograph", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused"]
    return Table("Synthetic photographs of held-out writers' digits", columns, rows, "In %.")


def _corruptions(metrics: Metrics) -> Table | None:
    members = _members(metrics, "MNIST-C")
    if not members:
        return None
    shares = ("accuracy", "ece", "unsure", "refused")
    rows = [
        [name, *(_percent(row[share]) for share in shares), row["seen"]]
        for name, row in sorted(members.items(), key=lambda item: -item[1]["accuracy"])
    ]
    rows.append(["mean", *(_percent(_mean(list(members.values()), share)) for share in shares), ""])
    return Table(
        "MNIST-C",
        ["Corruption", "Accuracy", "ECE", "Unsure", "Refused", "Seen in training"],
        rows,
        "The fifteen corruptions of Mu and Gilmer (2019) on every second test image, in %. They "
        "are generated anew from the paper's definitions, at its severities; the corrupted "
        "pictures go through the whole pipeline.",
    )


def _nondigits(metrics: Metrics) -> Table | None:
    sets = metrics.get("nondigits", {})
    if not sets:
        return None
    rows = [
        [
            name,
            str(row["count"]),
            f"{row['auroc']:.4f}",
            _percent(row["refused"]),
            *([_percent(row["refused_at_kept"])] if "refused_at_kept" in row else [""]),
        ]
        for name, row in sets.items()
    ]
    return Table(
        "Digits against other ink",
        ["Non-digits", "Count", "AUROC", "Refused", "Refused at 99 %"],
        rows,
        "Refused, in %: as shipped, and with the threshold that keeps 99 % of the digits "
        "(held-out writers, all conditions).",
    )


def _scores(metrics: Metrics) -> Table | None:
    sets = {name: row for name, row in metrics.get("nondigits", {}).items() if "scores" in row}
    if not sets:
        return None
    names = list(next(iter(sets.values()))["scores"])
    rows = []
    for name in names:
        found = [row["scores"][name] for row in sets.values()]
        cells = [f"{row['auroc']:.4f} / {100 * row['refused_at_kept']:.1f}" for row in found]
        rows.append([name, *cells])
    return Table(
        "Scores that could tell digits from other ink",
        ["Score", *sets],
        rows,
        "AUROC / refused, in %, while 99 % of the digits are kept.",
    )


def _verdicts(metrics: Metrics) -> Table | None:
    sets = metrics.get("verdicts", {})
    if not sets:
        return None
    keys = ("blank", "not_a_digit", "unsure", "digit")
    rows = [
        [name, str(row["count"]), *(str(row[key]) for key in keys)] for name, row in sets.items()
    ]
    columns = ["Picture", "Count", "Blank", "Not a digit", "Unsure", "Digit"]
    return Table("Verdicts on empty sheets and noise", columns, rows)


def _speed(metrics: Metrics) -> Table | None:
    pace = metrics.get("speed")
    if pace is None:
        return None
    times = {
        "predict, sketch of 280 pixels": "predict_ms",
        "predict, 12 megapixels": "photograph_ms",
        "explain, sketch of 280 pixels": "explain_ms",
    }
    rows = [[what, f"{pace[key]:.1f} ms"] for what, key in times.items() if key in pace]
    rate = f"{pace['batch_per_second']:.0f} a second"
    rows.append([f"predict_batch of 512 sketches, {pace['threads']} threads", rate])
    return Table("Speed", ["Call", "Median"], rows, "One thread where none are named; no decoding.")


def _validation(metrics: Metrics) -> Table | None:
    sets = metrics.get("validation", {})
    if not sets:
        return None
    rows = [
        [name, str(row["count"]), *(_percent(row[share]) for share in SHARES)]
        for name, row in sets.items()
    ]
    columns = ["Set", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused"]
    note = "On these, temperature and thresholds were set (`python train.py`). In %."
    return Table("Validation", columns, rows, note)
