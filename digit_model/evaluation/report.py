"""Tables of the results in metrics.json, for the terminal and the model card."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from digit_model.evaluation.scores import interval

Metrics = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Sets of digits whose names begin with that of the group."""

    part: str  # of the evaluation, which measures them
    is_test: bool = False  # nothing was chosen on it; the others are development data
    has_variants: bool = False  # many sets, of which the mean and the worst count
    same_digits: bool = False  # in all of its sets, in the same order
    # The worst errors. Those of digits corrupted on purpose tell little, and whoever saw the test
    # writers' would develop against them.
    is_shown: bool = True


TEST, ROBUSTNESS = "MNIST test", "robustness"
GROUPS = {
    TEST: Group("mnist-test", is_test=True, same_digits=True),
    "test strokes": Group(
        "test-writers", is_test=True, has_variants=True, same_digits=True, is_shown=False
    ),
    "test photographs": Group("test-writers", is_test=True, has_variants=True, is_shown=False),
    "strokes": Group("strokes", has_variants=True, same_digits=True),
    "drawings": Group("drawings"),
    "scans": Group("scans"),
    "photographs": Group("photographs", has_variants=True),
    "MNIST-C": Group("mnist-c", has_variants=True, same_digits=True, is_shown=False),
    ROBUSTNESS: Group(
        "robustness", is_test=True, has_variants=True, same_digits=True, is_shown=False
    ),
}
DIGIT_PARTS = tuple(dict.fromkeys(group.part for group in GROUPS.values()))
PARTS = (*DIGIT_PARTS, "non-digits", "empty-sheets", "numbers", "speed")
# Keys of metrics.json whose values are shares in [0, 1].
SHARE_KEYS = ("accuracy", "mean_recall", "ece", "unsure", "refused")


@dataclass(frozen=True)
class Table:
    """A table of text cells. The first column is left-aligned, the others right-aligned."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""

    def text(self) -> str:
        """As plain text for a terminal."""
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
    """One table for each part that metrics.json has."""
    builders = (
        _overview,
        _strokes,
        _photographs,
        _mnist_c,
        _robustness,
        _nondigits,
        _scores,
        _verdicts,
        _test_numbers,
        _numbers,
        _numbers_alone,
        _speed,
        _validation,
    )
    return [table for builder in builders if (table := builder(metrics)) is not None]


def as_text(metrics: Metrics) -> str:
    """All the tables, for a terminal."""
    return "\n\n".join(table.text() for table in result_tables(metrics))


def group_of(name: str) -> str:
    """The group of a set: "strokes" for "strokes, thin"."""
    return name.partition(", ")[0]


def _members(metrics: Metrics, group: str) -> dict[str, Metrics]:
    """The sets of a group by their names without the group."""
    rows = metrics.get("digits", {}).items()
    return {name.partition(", ")[2]: row for name, row in rows if group_of(name) == group}


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def _interval(share: float, count: int) -> str:
    low, high = interval(share, count)
    return f"{100 * low:.1f}–{100 * high:.1f}"


def _shares(rows: Sequence[Metrics], keys: Sequence[str] = SHARE_KEYS) -> list[str]:
    """The mean of each of these shares over the sets."""
    return [_percent(sum(row[key] for row in rows) / len(rows)) for key in keys]


def _overview(metrics: Metrics) -> Table | None:
    """One row per set; groups with a table of their own have one row for their mean."""
    sets = metrics.get("digits", {})
    rows = []
    for group in dict.fromkeys(map(group_of, sets)):
        members = [row for name, row in sets.items() if group_of(name) == group]
        if GROUPS[group].has_variants:
            worst = _percent(min(row["mean_recall"] for row in members))
            count = str(sum(row["count"] for row in members))
            name = f"{group}, mean of {len(members)} sets"
            rows.append([name, _use(group), count, *_shares(members), "", worst])
        else:
            for name, row in sets.items():
                if group_of(name) == group:
                    reach = _interval(row["accuracy"], row["count"])
                    count = str(row["count"])
                    rows.append([name, _use(group), count, *_shares([row]), reach, ""])
    if not rows:
        return None
    columns = ["Set", "Use", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused"]
    return Table(
        "Digits",
        [*columns, "95 % of accuracy", "Worst recall"],
        rows,
        "In %. Seeds, recipes, thresholds or rules were chosen on development data. Nothing is "
        "trained on either. Test strokes and photographs are by three writers on whom the networks "
        "that read them were neither trained nor chosen. Accuracy and recall are of the likeliest "
        "digit, refused or not; recall is the mean over the ten digits. "
        'Unsure and refused ("not a digit") are shares of all digits, right or wrong. 95 %: the '
        "confidence interval as if each digit were somebody else's. Worst recall is that of the "
        "worst set of several.",
    )


def _use(group: str) -> str:
    """Test or development data."""
    return "test" if GROUPS[group].is_test else "development"


def _strokes(metrics: Metrics) -> Table | None:
    members = _members(metrics, "strokes")
    if not members:
        return None
    rows = [[name, *_shares([row], SHARE_KEYS[1:])] for name, row in members.items()]
    return Table(
        "Pen strokes of the development writers, by condition",
        ["Condition", "Recall", "ECE", "Unsure", "Refused"],
        rows,
        "Recall is the mean over the ten digits. In %.",
    )


def _photographs(metrics: Metrics) -> Table | None:
    members = _members(metrics, "photographs")
    if not members:
        return None
    rows = []
    for seen, which in (("yes", "seen"), ("no", "unseen")):
        kinds = {name: row for name, row in members.items() if row["seen"] == seen}
        rows += [[name, str(row["count"]), *_shares([row]), seen] for name, row in kinds.items()]
        found = list(kinds.values())
        count = str(sum(row["count"] for row in found))
        rows.append([f"mean of {len(found)} {which} kinds", count, *_shares(found), ""])
    columns = ["Photograph", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused", "Seen"]
    return Table(
        "Synthetic photographs of the development writers' digits",
        columns,
        rows,
        "In %. Seen: whether training draws such photographs.",
    )


def _mnist_c(metrics: Metrics) -> Table | None:
    return _corruptions(
        metrics,
        "MNIST-C",
        "The fifteen corruptions of Mu and Gilmer (2019) on every second test image, in %. They "
        "are generated anew from the paper's definitions, at its severities, and preprocessed as "
        "in use. Training and preprocessing were developed against these families, on MNIST's last "
        "5,000 training images: before that, 86.7 % of these were read. So the images are test "
        "images, but this is development data.",
    )


def _robustness(metrics: Metrics) -> Table | None:
    return _corruptions(
        metrics,
        ROBUSTNESS,
        "Six corruptions that nothing was developed against, on the same test images, in %. This, "
        "not MNIST-C, says how robust the weights are: training draws none of them, and nothing is "
        "chosen by the results. Accuracy is of the likeliest digit, refused or not.",
    )


def _corruptions(metrics: Metrics, group: str, note: str) -> Table | None:
    members = _members(metrics, group)
    if not members:
        return None
    keys = ("accuracy", "ece", "unsure", "refused")
    rows = [
        [name, *_shares([row], keys), row["seen"]]
        for name, row in sorted(members.items(), key=lambda item: -item[1]["accuracy"])
    ]
    rows.append(["mean", *_shares([*members.values()], keys), ""])
    title = group[0].upper() + group[1:]
    columns = ["Corruption", "Accuracy", "ECE", "Unsure", "Refused", "Seen in training"]
    return Table(title, columns, rows, note)


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
        "Digits against non-digits",
        ["Non-digits", "Count", "AUROC", "Refused", "Refused at 99 %"],
        rows,
        "Refused, in %: with the threshold in use, and with the one that keeps 99 % of the digits "
        "(development writers, all conditions). All of it is development data.",
    )


def _scores(metrics: Metrics) -> Table | None:
    sets = {name: row for name, row in metrics.get("nondigits", {}).items() if "scores" in row}
    if not sets:
        return None
    names = list(next(iter(sets.values()))["scores"])
    rows = []
    for name in names:
        results = [row["scores"][name] for row in sets.values()]
        cells = [f"{row['auroc']:.4f} / {100 * row['refused_at_kept']:.1f}" for row in results]
        rows.append([name, *cells])
    return Table(
        "Scores that could tell digits from non-digits",
        ["Score", *sets],
        rows,
        "AUROC / refused in % at the threshold that keeps 99 % of the digits.",
    )


def _verdicts(metrics: Metrics) -> Table | None:
    sets = metrics.get("verdicts", {})
    if not sets:
        return None
    keys = ("blank", "not_a_digit", "several", "unsure", "digit")
    rows = [
        [name, str(row["count"]), *(str(row.get(key, 0)) for key in keys)]
        for name, row in sets.items()
    ]
    columns = ["Picture", "Count", "Blank", "Not a digit", "Several", "Unsure", "Digit"]
    return Table("Verdicts on empty sheets and noise", columns, rows)


def _test_numbers(metrics: Metrics) -> Table | None:
    sets = metrics.get("test numbers")
    if sets is None:
        return None
    note = (
        "Numbers of 2 to 12 digits, composed of a test writer's recorded ones with the gaps that "
        "are named. As in the next table, but test data."
    )
    return _table_of_numbers("Numbers by the test writers", sets, note)


def _numbers(metrics: Metrics) -> Table | None:
    numbers = metrics.get("numbers")
    if numbers is None:
        return None
    recorded = {f"{name}, recorded": row for name, row in numbers.get("recorded", {}).items()}
    return _table_of_numbers(
        "Numbers",
        numbers["sets"] | recorded | numbers["lengths"],
        "Numbers of the development writers' digits, a third of them of synthetic ones as in "
        "training, drawn with the gaps that are named or photographed; those of recorded digits "
        "alone; and the drawn ones by length. All of it is development data. Digit errors: "
        "insertions, deletions and replacements per digit. ECE is that of whole numbers. 95 %: the "
        "confidence interval as if each number were somebody else's. In %.",
    )


def _table_of_numbers(title: str, sets: Metrics, note: str) -> Table:
    keys = ("exact", "digit_error_rate", "confidence", "ece")
    rows = [
        [
            name,
            str(row["count"]),
            *_shares([row], keys),
            _interval(row["exact"], row["count"]),
        ]
        for name, row in sets.items()
    ]
    columns = ["Numbers", "Count", "Exact", "Digit errors", "Confidence", "ECE", "95 % of exact"]
    return Table(title, columns, rows, note)


def _numbers_alone(metrics: Metrics) -> Table | None:
    numbers = metrics.get("numbers")
    if numbers is None:
        return None
    alone, letters = numbers["alone"], numbers["letters"]
    plain = numbers["letters_without_digits"]
    rows = [
        ["same answer as a digit", str(alone["count"]), _percent(alone["same"])],
        ["taken for several digits", str(alone["count"]), _percent(alone["several"])],
        ["letters read as digits", str(letters["count"]), _percent(letters["read"])],
        ["those without a digit in them", str(plain["count"]), _percent(plain["read"])],
    ]
    note = (
        "Single digits of the development writers under all conditions, and the characters of an "
        "alphabet that no training has seen, read as numbers; two of its letters look like 32 and "
        "like V3. In %."
    )
    return Table("Digits and letters read as numbers", ["Answer", "Count", "Share"], rows, note)


def _speed(metrics: Metrics) -> Table | None:
    speed = metrics.get("speed")
    if speed is None:
        return None
    times = {
        "predict, sketch of 280 pixels": "predict_ms",
        "predict, 12 megapixels": "photograph_ms",
        "read_number, ten digits on 600 pixels": "number_ms",
        "explain, sketch of 280 pixels": "explain_ms",
    }
    rows = [[call, f"{speed[key]:.1f} ms"] for call, key in times.items() if key in speed]
    rate = f"{speed['batch_per_second']:.0f} a second"
    rows.append([f"predict_batch of 512 sketches, {speed['threads']} threads", rate])
    note = "One thread unless the row says otherwise; without decoding the file."
    return Table("Speed", ["Call", "Median"], rows, note)


def _validation(metrics: Metrics) -> Table | None:
    sets = metrics.get("validation", {})
    if not sets:
        return None
    rows = [[name, str(row["count"]), *_shares([row])] for name, row in sets.items()]
    columns = ["Set", "Digits", "Accuracy", "Recall", "ECE", "Unsure", "Refused"]
    note = (
        "Development sets that `python train.py` measures after each epoch, and on which it sets "
        "temperature and thresholds. In %."
    )
    return Table("Validation", columns, rows, note)
