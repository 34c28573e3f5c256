"""Argument parsing that all command lines share."""

import argparse
import importlib.util
import os
from collections.abc import Callable
from reprlib import repr as shortened
from typing import NoReturn

from digit_model.files import printable

MOST_DIGITS = 18  # of a whole number


class Parser(argparse.ArgumentParser):
    """Prints errors as one sentence without the usage; exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {printable(message)}\n")


def require(parser: argparse.ArgumentParser, *packages: str, otherwise: str) -> None:
    """Exit with this sentence unless the packages are installed, which not everybody needs."""
    if not all(map(importlib.util.find_spec, packages)):
        parser.error(otherwise)


class FromEnvironment(str):
    """What a variable says of a number, as an option's default: complaints name the variable."""

    variable: str


def from_environment(variable: str) -> FromEnvironment | None:
    """None if the variable is not set, or to nothing."""
    value = FromEnvironment(os.environ.get(variable, ""))
    value.variable = variable
    return value or None


def whole_number(minimum: int, maximum: int | None = None) -> Callable[[str], int]:
    """A ``type`` for argparse: an integer from ``minimum`` to ``maximum``."""
    bounds = f"from {minimum}" if maximum is None else f"from {minimum} to {maximum}"

    def convert(text: str) -> int:
        number = int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
        if number is None or number < minimum or (maximum is not None and number > maximum):
            named = f"{text.variable} " if isinstance(text, FromEnvironment) else ""
            raise argparse.ArgumentTypeError(
                f"{named}has to be a whole number {bounds}, not {shortened(str(text))}"
            )
        return number

    return convert
