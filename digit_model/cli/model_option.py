"""The option ``--model`` of the verbs that read pictures."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from digit_model.imports import quick_imports
from digit_model.model_folder import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from digit_model import DigitRecognizer


def add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="FOLDER|user/repo[@revision]",
        default=str(DEFAULT_WEIGHTS),
        help="the weights: a folder, or a repository on the Hub (weights/)",
    )


def load_model(model: str) -> DigitRecognizer:
    with quick_imports():  # not before a mistake in the command line is found
        from digit_model.recognizer import DigitRecognizer
    recognizer = DigitRecognizer.from_pretrained(model)
    if recognizer.notice:
        print(recognizer.notice, file=sys.stderr)
    return recognizer
