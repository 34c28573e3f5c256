"""What the command lines share."""

import argparse
from collections.abc import Callable
from typing import NoReturn


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without repeating the usage; exit status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}\n")


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A converter for argparse that refuses numbers below ``least`` or above ``most``."""
    bounds = f"from {least}" if most is None else f"from {least} to {most}"

    def convert(text: str) -> int:
        if not text.isdecimal() or int(text) < least or (most is not None and int(text) > most):
            raise argparse.ArgumentTypeError(f"has to be a whole number {bounds}, not {text!r}")
        return int(text)

    return convert
