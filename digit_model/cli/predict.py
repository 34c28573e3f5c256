"""The verb ``predict``."""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

from digit_model import Prediction
from digit_model.cli.answers import percent, print_answers
from digit_model.cli.arguments import require, whole_number
from digit_model.cli.model_option import add_model_option, load_model
from digit_model.files import describe, printable


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser(
        "predict",
        help="print the prediction for each picture on a line",
        description="Recognise the digit in each picture, and print a line as soon as it is read: "
        "the digit and the likeliest labels, or the number if there are several digits. A picture "
        "that can't be read gets a line that says why; the exit status is 2 then.",
    )
    parser.add_argument("images", nargs="*", metavar="IMAGE", help="a picture file")
    parser.add_argument(
        "--ray",
        type=Path,
        metavar="FOLDER",
        help="read all files below this folder instead, but for names that begin with a dot and "
        "folders that are links, on all cores of this machine or of the Ray cluster that "
        "RAY_ADDRESS names; the same command goes on where an earlier run stopped",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FOLDER",
        help="with --ray: where the answers go, as lines of JSON (predictions/NAME of the folder)",
    )
    parser.add_argument(
        "--top-k", type=whole_number(1, 10), default=3, metavar="K", help="labels to list (3)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line instead"
    )
    add_model_option(parser)
    parser.set_defaults(run=lambda args: run(parser, args))


def run(parser: argparse.ArgumentParser, args: argparse.Namespace) -> int:
    if args.ray is None:
        if not args.images:
            parser.error("name a picture file, or a folder after --ray")
        if args.output is not None:
            parser.error("--output goes with --ray")
        return predict(args)
    if args.images:
        parser.error("with --ray FOLDER, no other pictures can be named")
    if args.json:
        parser.error("--json goes with pictures: --ray writes lines of JSON anyway")
    needed = "--ray needs the package ray with its extra data: pip install -r requirements-ray.txt"
    require(parser, "ray", "pyarrow", otherwise=needed)
    if not args.ray.is_dir():
        parser.error(f"there is no folder {args.ray}")
    return predict_folder(args)


def predict_folder(args: argparse.Namespace) -> int:
    # Imported here: both take time, and ray comes with an extra.
    from tqdm import tqdm

    from digit_model.cluster.folder import FolderError
    from digit_model.cluster.folder import predict_folder as read_folder

    output = args.output or Path("predictions") / args.ray.resolve().name
    try:
        progress = read_folder(args.ray, output, model=args.model, top_k=args.top_k)
        first = last = next(progress)
        if first.notice:
            print(first.notice, file=sys.stderr)
        with tqdm(total=first.total, initial=first.done, unit=" pictures") as bar:
            for last in progress:
                bar.update(last.done - bar.n)
    except FolderError as error:
        print(f"digit_model: {describe(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("digit_model: Stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    read = last.done - first.done
    counts = f"{last.done} answers, {read} of them new; {last.unreadable} can't be read"
    print(printable(f"{output}: {counts}"))
    return 0  # of so many files some are none; each has its line


def predict(args: argparse.Namespace) -> int:
    recognizer = load_model(args.model)

    def as_row(prediction: Prediction) -> dict[str, Any]:
        return prediction.as_row(args.top_k)

    return print_answers(
        args.images,
        partial(recognizer.predict, top_k=args.top_k),
        as_line=_as_line,
        as_row=as_row if args.json else None,
    )


def _as_line(prediction: Prediction) -> str:
    if (number := prediction.number) is not None:
        return f"{number.one_line} (several)  [{percent(number.confidence)}]"
    answer = prediction.label or prediction.verdict.replace("_", " ")
    doubt = " (unsure)" if prediction.verdict == "unsure" else ""
    ranking = ", ".join(f"{label} {percent(share)}" for label, share in prediction.top_k)
    return f"{answer}{doubt}  [{ranking}]"
