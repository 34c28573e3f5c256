"""Corrections that users agreed to share, as training data."""

import json
from pathlib import Path

import numpy as np

from digit_model.correction_store import (
    CORRECTION_LABELS,
    METADATA_FILE,
    NOT_A_DIGIT,
    metadata_lines,
)
from digit_model.data import DataError, Digits, stack_digits
from digit_model.decode import ImageError
from digit_model.hub.names import HubName, locate_dataset
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess


def load_corrections(source: str, find_ink: FindInk | None = None) -> tuple[Digits, np.ndarray]:
    """Corrected pictures, preprocessed as in serving; those without ink are skipped.

    Args:
        source: a folder of corrections, or a data set on the Hub, user/dataset or
            user/dataset@revision; see :func:`~digit_model.hub.names.locate_dataset`.
        find_ink: the ink network that preprocesses them; None: the one that ships.

    Returns:
        Digits, and non-digits, uint8 (M, 28, 28).

    Raises:
        DataError: there are no corrections, or one of them can't be read.
        ModelError: the Hub refuses or fails.
    """
    place = locate_dataset(source)
    return read_corrections(place if isinstance(place, Path) else _from_hub(place), find_ink)


def _from_hub(name: HubName) -> Path:
    from digit_model.hub.pull import pull_dataset

    return pull_dataset(name, ("*" + METADATA_FILE, "*.png"))


def read_corrections(folder: Path, find_ink: FindInk | None = None) -> tuple[Digits, np.ndarray]:
    """As :func:`load_corrections`, from a folder."""
    digits: list[np.ndarray] = []
    labels: list[int] = []
    nondigits: list[np.ndarray] = []
    for file in sorted(folder.rglob(METADATA_FILE)):
        for line in metadata_lines(_content(file)):
            image, label = _read_line(file, line, find_ink)
            if not image.any():
                continue
            if label == NOT_A_DIGIT:
                nondigits.append(image)
            else:
                digits.append(image)
                labels.append(int(label))
    if not digits and not nondigits:
        raise DataError(f"There are no corrections in {folder}.")
    return (stack_digits(digits), np.array(labels, np.int64)), stack_digits(nondigits)


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"{file} is no text in UTF-8.") from error
    return content


def _read_line(file: Path, line: bytes, find_ink: FindInk | None) -> tuple[np.ndarray, str]:
    """Image, uint8 (28, 28), and label of one line of a metadata file."""
    try:
        row = json.loads(line)
        label, name = row["label"], row["file_name"]
        if label not in CORRECTION_LABELS or Path(name).name != name:
            raise ValueError(label)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        number = file.read_bytes().split(b"\n").index(line[:-1]) + 1
        raise DataError(f"Line {number} of {file} is no correction.") from error
    try:
        return preprocess(file.parent / name, find_ink), label
    except ImageError as error:
        raise DataError(f"{file.parent / name}, a correction: {error}") from error
