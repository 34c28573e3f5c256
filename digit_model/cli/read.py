"""The verb ``read``."""

import argparse
import json
from typing import Any

from digit_model import ImageError, NumberReading
from digit_model.cli.model_option import add_model_option, load_model


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser("read", help="print the number in each picture on a line")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line instead"
    )
    add_model_option(parser)
    parser.set_defaults(run=read)


def read(args: argparse.Namespace) -> int:
    recognizer = load_model(args.model)
    failed = False
    for path in args.images:
        try:
            number = recognizer.read_number(path)
        except ImageError as error:
            failed = True
            problem = json.dumps({"image": path, "error": str(error)})
            print(problem if args.json else f"{path}: {error}", flush=True)
        else:
            row = {"image": path, **number.as_json()}
            print(json.dumps(row) if args.json else _as_line(path, number), flush=True)
    return 2 if failed else 0


def _as_line(path: str, number: NumberReading) -> str:
    text = " / ".join(number.text.split("\n")) or "no digits"
    return f"{path}: {text}  [{100 * number.confidence:.1f} %]"
