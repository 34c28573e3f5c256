"""What the command line prints of pictures: a line of text or of JSON for each."""

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from digit_model import ImageError
from digit_model.files import printable

Answer = TypeVar("Answer")


def print_answers(
    paths: Iterable[str],
    ask: Callable[[str], Answer],
    *,
    as_line: Callable[[Answer], str],
    as_row: Callable[[Answer], dict[str, Any]] | None,
) -> int:
    """Print the answer for each picture, or why it can't be read, as soon as it is there.

    Args:
        paths: of the pictures.
        ask: gives the answer; raises ImageError.
        as_line: an answer as text.
        as_row: an answer as an object, to print lines of JSON instead; None for text.

    Returns:
        The exit status: 2 if a picture can't be read, else 0.
    """
    failed = False
    for path in paths:
        try:
            answer = ask(path)
        except ImageError as error:
            failed = True
            text = _text(path, {"error": str(error)} if as_row else str(error))
        else:
            text = _text(path, as_row(answer) if as_row else as_line(answer))
        print(text, flush=True)
    return 2 if failed else 0


def percent(share: float) -> str:
    """A share in [0, 1] to a tenth of a percent; nothing is certain, so never 0 or 100 %."""
    rounded = round(100 * share, 1)
    if rounded >= 100:
        return ">99.9 %"
    return f"{rounded:.1f} %" if rounded > 0 else "<0.1 %"


def _text(path: str, answer: dict[str, Any] | str) -> str:
    if isinstance(answer, str):
        return printable(f"{path}: {answer}")  # an error may have the name in it, too
    return json.dumps({"image": path, **answer})
