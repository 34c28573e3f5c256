"""The option ``--model`` of the verbs that read pictures."""

import argparse
import sys

from digit_model import DigitRecognizer
from digit_model.model_folder import DEFAULT_WEIGHTS


def add_model_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        metavar="FOLDER|user/repo[@revision]",
        default=str(DEFAULT_WEIGHTS),
        help="the weights: a folder, or a repository on the Hub (weights/)",
    )


def load_model(model: str) -> DigitRecognizer:
    recognizer = DigitRecognizer.from_pretrained(model)
    if recognizer.notice:
        print(recognizer.notice, file=sys.stderr)
    return recognizer
