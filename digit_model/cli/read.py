"""The verb ``read``."""

import argparse
from typing import Any

from digit_model import NumberReading
from digit_model.cli.answers import percent, print_answers
from digit_model.cli.model_option import add_model_option, load_model


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser(
        "read",
        help="print the number in each picture on a line",
        description="Read all digits in each picture, and print a line as soon as it is read: the "
        "number, its lines divided by a slash, and how likely all of it is right. A picture that "
        "can't be read gets a line that says why; the exit status is 2 then.",
    )
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line instead"
    )
    add_model_option(parser)
    parser.set_defaults(run=read)


def read(args: argparse.Namespace) -> int:
    return print_answers(
        args.images,
        load_model(args.model).read_number,
        as_line=_as_line,
        as_row=NumberReading.as_json if args.json else None,
    )


def _as_line(number: NumberReading) -> str:
    return f"{number.one_line or 'no digits'}  [{percent(number.confidence)}]"
