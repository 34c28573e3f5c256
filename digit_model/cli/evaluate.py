"""The verb ``evaluate``."""

import argparse
from pathlib import Path
from typing import Any

from digit_model.cli.arguments import require
from digit_model.cli.model_option import add_model_option, load_model
from digit_model.evaluation.report import PARTS, as_text
from digit_model.files import check_writable
from digit_model.hub.names import locate
from digit_model.model_folder import FIGURES, METRICS_FILE


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser(
        "evaluate",
        help="measure the weights on all sets",
        description="Measure the weights on all sets, and write metrics.json, the model card and "
        "figures beside them. With --only, --quick or --compare it prints, and writes nothing.",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw; downloaded there if absent",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"measure and print only these parts, and write no files: {', '.join(PARTS)}",
    )
    parser.add_argument(
        "--quick", action="store_true", help="measure a tenth of most sets, and write no files"
    )
    parser.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="instead, test on which sets of development data B is better or worse than A",
    )
    add_model_option(parser)
    parser.set_defaults(run=lambda args: run(parser, args))


def run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    needed = "it needs more than recognition: pip install '.[train]', in a clone"
    require(parser, "matplotlib", "tqdm", "torchvision", otherwise=needed)
    if not args.compare:
        return evaluate(args)
    if args.model != parser.get_default("model"):
        parser.error("--compare names both weights, so --model has nothing to say")
    return compare(args)


def evaluate(args: argparse.Namespace) -> int:
    recognizer = load_model(args.model)
    # Imported here, so that `predict` starts without importing torchvision and matplotlib.
    from digit_model.evaluation.evaluate import evaluate as measure
    from digit_model.evaluation.model_card import write_report

    place, _ = locate(args.model)
    partial = args.quick or set(args.only) != set(PARTS)
    # Don't write into the cache of the Hub's client.
    folder = place if isinstance(place, Path) else Path("runs") / place.repo.replace("/", "--")
    if not partial:
        (folder / FIGURES).mkdir(parents=True, exist_ok=True)
        for each in (folder, folder / FIGURES):
            check_writable(each)  # fails now rather than at the end
    metrics = measure(
        recognizer,
        args.data_dir,
        parts=args.only,
        step=10 if args.quick else 1,
        figures=None if partial else folder / FIGURES,
    )
    if not partial:
        write_report(folder, metrics)  # first: whoever reads what is printed may have left
    print(as_text(metrics))
    if "test-writers" in args.only and "test strokes" not in metrics:
        print("\nThese weights have learned from the test writers, who are left out therefore.")
    if partial:
        print("\nThis was a part of the evaluation: nothing was written.")
    else:
        card = ", the model card" if folder == place else ""
        print(f"\nWritten: {folder / METRICS_FILE}{card} and figures/ beside it.")
    return 0


def compare(args: argparse.Namespace) -> int:
    from digit_model.evaluation.comparison import compare as compare_weights
    from digit_model.evaluation.comparison import format_comparison

    first, second = (load_model(model) for model in args.compare)
    step = 10 if args.quick else 1
    rows = compare_weights(first, second, args.data_dir, parts=args.only, step=step)
    print(format_comparison(rows, *args.compare))
    return 0
