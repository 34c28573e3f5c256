"""Several runs of a recipe that differ in their seeds: ``train.py --seeds``.

Each run is a row of a CSV file, results/RECIPE.csv, from which the tables of means are made.
"""

import argparse
import csv
import io
import json
import math
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from digit_model.data import DataError
from digit_model.data.conditions import CONDITIONS
from digit_model.evaluation.metrics import measure
from digit_model.evaluation.report import Table
from digit_model.evaluation.sets import digit_sets
from digit_model.files import write_atomically
from digit_model.model_folder import DEFAULT_WEIGHTS, METRICS_FILE
from digit_model.recognizer import DigitRecognizer
from digit_model.training.guard import guarded
from digit_model.training.options import checkpoint_beside, outputs_of
from digit_model.training.progress import Progress, Step
from digit_model.training.recipe import TESTED_RECIPES
from digit_model.training.setup import recipe_of
from digit_model.training.single import train_network
from digit_model.weights import load_weights

Row = dict[str, str]
KEYS = ("recipe", "parameters", "epochs", "seed")  # what tells a run from others
COLUMNS = (*KEYS, "seconds", "MNIST", "strokes", "photographs", "MNIST test", "sha256")
MEASURED = ("MNIST", "strokes", "photographs", "MNIST test")  # shares in [0, 1]


def train_seeds(args: argparse.Namespace) -> None:
    """Train with several seeds, write a row for each run and print their mean."""
    recipe = recipe_of(args)
    file = csv_file(args)
    check_file(file)
    args.cache = args.cache or args.output / "data"
    args.beside = args.beside or args.start or DEFAULT_WEIGHTS  # not those of an earlier run
    runs = [_run_of(args, number, output) for number, output in enumerate(outputs_of(args))]
    progress = Progress([Step(run.output.name, "", recipe.total_epochs) for run in runs])
    rows = []
    with ExitStack() as stack:
        for run in runs:  # all of them now, rather than after hours
            stack.enter_context(guarded(run))
        for number, run in enumerate(runs):
            progress.begin(number)
            train_network(run, progress)
            row = row_of(args.recipe, run.output)
            if args.recipe in TESTED_RECIPES:
                row["MNIST test"] = accuracy_on_test(run)
            add_row(file, row)
            rows.append(row)
    print(summary(rows).text())


def _run_of(args: argparse.Namespace, number: int, output: Path) -> argparse.Namespace:
    """The options of the run with this number, from 0."""
    resume = args.resume and checkpoint_beside(output).exists()
    changed = {"seed": args.seed + number, "output": output, "resume": resume}
    return argparse.Namespace(**vars(args) | changed)


def csv_file(args: argparse.Namespace) -> Path:
    """Of a recipe's runs; a dry run, or one on other data or networks, must not be among them."""
    others = args.start, args.beside, args.teachers, args.own_digits, args.corrections
    folder = args.output / "results" if args.dry_run or any(others) else Path("results")
    return folder / f"{args.recipe}.csv"


def check_file(file: Path) -> None:
    """Before a run, which takes hours: its row can be added to this CSV file.

    Raises:
        DataError: it is another file.
        OSError: its folder can't be made.
    """
    read_rows(file)
    file.parent.mkdir(parents=True, exist_ok=True)


def row_of(recipe: str, folder: Path) -> Row:
    """The row of a run that wrote weights, and its figures of them, to ``folder``."""
    networks, config = load_weights(folder)
    parameters = sum(weight.numel() for weight in networks.digit.parameters())
    metrics = json.loads((folder / METRICS_FILE).read_bytes())
    history = metrics["history"]
    accuracies = {name: each["accuracy"] for name, each in metrics["validation"].items()}
    strokes = [accuracies[condition.name] for condition in CONDITIONS]
    return {
        "recipe": recipe,
        "parameters": str(parameters),
        "epochs": str(len(history)),
        "seed": str(config.training["seed"]),
        "seconds": f"{sum(epoch['seconds'] for epoch in history):.1f}",
        "MNIST": f"{accuracies['MNIST']:.4f}",
        "strokes": f"{statistics.mean(strokes):.4f}",
        "photographs": f"{accuracies['photographs']:.4f}",
        "sha256": config.hashes.sha256,
    }


def accuracy_on_test(run: argparse.Namespace) -> str:
    """Share of MNIST's test images that a run's weights read; of a dry run, of a hundredth of them.

    Raises:
        DataError: MNIST can't be read or downloaded.
    """
    recognizer = DigitRecognizer.from_pretrained(run.output)
    step = 100 if run.dry_run else 1
    sets = digit_sets(run.data_dir, parts=["mnist-test"], step=step, find_ink=recognizer.find_ink)
    _, digits = next(sets)
    return f"{measure(recognizer, digits)['accuracy']:.4f}"


def add_row(file: Path, row: Row) -> None:
    """Add a run to a CSV file, in place of an earlier one with the same keys."""
    kept = [other for other in read_rows(file) if _key(other) != _key(row)]
    rows = sorted([*kept, row], key=lambda each: [float(each[key]) for key in KEYS[1:]])
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(file, text.getvalue().encode())


def read_rows(file: Path) -> list[Row]:
    """The runs in a CSV file; none if it isn't there.

    Raises:
        DataError: it is another file.
    """
    if not file.exists():
        return []
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            is_known = list(reader.fieldnames or ()) == [*COLUMNS]
            rows = list(reader)
        if is_known and all(map(_is_of_run, rows)):
            return rows
    except (UnicodeDecodeError, csv.Error):
        pass
    raise DataError(f"{file} is not a file of such runs: move it away.")


def _is_of_run(row: Row) -> bool:
    """Whether a line has as many cells as the header, and numbers where they belong."""
    measured = [row[name] for name in MEASURED if row[name]]  # the others are left empty
    try:
        for cell in (row["epochs"], row["seed"], row["seconds"], *measured):
            float(cell)
        int(row["parameters"])
    except (TypeError, ValueError):
        return False
    return len(row) == len(COLUMNS) and None not in row.values()


def _key(row: Row) -> list[str]:
    return [row[key] for key in KEYS]


def summary(rows: Sequence[Row]) -> Table:
    """A row for each kind of run: the mean ± its standard error over the seeds, in %."""
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        kinds.setdefault(tuple(_key(row)[:-1]), []).append(row)
    measured = [name for name in MEASURED if any(row.get(name) for row in rows)]
    cells = []
    for (recipe, parameters, epochs), runs in kinds.items():
        shares = [[100 * float(run[name]) for run in runs if run.get(name)] for name in measured]
        seconds = _mean([float(run["seconds"]) for run in runs], decimals=0)
        cells.append(
            [recipe, f"{int(parameters):,}", epochs, str(len(runs)), *map(_mean, shares), seconds]
        )
    columns = ("Recipe", "Parameters", "Epochs", "Seeds", *measured, "Seconds")
    return Table("Mean ± standard error", columns, cells)


def _mean(values: Sequence[float], decimals: int = 2) -> str:
    """Such as "99.41 ± 0.03"; of one value, the value."""
    if not values:
        return ""
    text = f"{statistics.mean(values):.{decimals}f}"
    if len(values) == 1:
        return text
    error = statistics.stdev(values) / math.sqrt(len(values))
    return f"{text} ± {error:.{decimals}f}"
