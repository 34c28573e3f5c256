"""A user's own digits as training data: a folder of pictures for each label."""

from pathlib import Path

import numpy as np

from digit_model.correction_store import NOT_A_DIGIT
from digit_model.data import DataError, Digits, stack_digits
from digit_model.decode import ImageError
from digit_model.ink import FindInk
from digit_model.prediction import LABELS
from digit_model.preprocess import preprocess


def load_own_digits(folder: Path, find_ink: FindInk | None = None) -> tuple[Digits, np.ndarray]:
    """Read ``FOLDER/0/*`` … ``FOLDER/9/*`` and ``FOLDER/not a digit/*``, without hidden files.

    ``find_ink`` is the ink network that preprocesses them, by default the one that ships.

    Returns:
        Digits, and non-digits, uint8 (M, 28, 28); pictures without ink are skipped.

    Raises:
        DataError: there are no pictures, one can't be read or is in no folder, or a folder has
            another name.
    """
    known = (*LABELS, NOT_A_DIGIT)
    for path in sorted(folder.glob("*")):
        if path.is_dir() and path.name not in known and not path.name.startswith("."):
            raise DataError(f"{path} is no label: folders are named 0 … 9 or {NOT_A_DIGIT!r}.")
        if path.is_file() and not path.name.startswith("."):
            raise DataError(
                f"{path} is in no label's folder: put it into {folder}/0 … {folder}/9 or "
                f"{folder}/{NOT_A_DIGIT}."
            )
    by_label = {label: _read_folder(folder / label, find_ink) for label in known}
    nondigits = by_label.pop(NOT_A_DIGIT)
    if not nondigits and not any(by_label.values()):
        raise DataError(
            f"There are no digits in {folder}: put pictures with ink on them into "
            f"{folder}/0 … {folder}/9."
        )
    labels = np.array([int(label) for label, images in by_label.items() for _ in images], np.int64)
    images = stack_digits([image for images in by_label.values() for image in images])
    return (images, labels), stack_digits(nondigits)


def _read_folder(folder: Path, find_ink: FindInk | None) -> list[np.ndarray]:
    files = [path for path in sorted(folder.glob("*")) if not path.name.startswith(".")]
    return [digit for path in files if (digit := _read(path, find_ink)).any()]


def _read(path: Path, find_ink: FindInk | None) -> np.ndarray:
    try:
        return preprocess(path, find_ink)
    except ImageError as error:
        raise DataError(f"{path}: {error}") from error
