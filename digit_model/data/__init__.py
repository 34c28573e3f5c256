"""Data for training and evaluation, brought to 28×28 by the same preprocessing as in serving.

Recorded: :mod:`.mnist`, :mod:`.strokes` (pen tablets), :mod:`.scans`, users' :mod:`.corrections`
and :mod:`.own_digits`. Generated: :mod:`.synthetic` digits from :mod:`.allographs`,
:mod:`.photographs`, :mod:`.nondigits`. :mod:`.training_sets` and :mod:`.held_out_sets` combine
them. Serving doesn't import this package.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from digit_model.digit import SIZE

Digits = tuple[np.ndarray, np.ndarray]  # images uint8 (N, 28, 28), labels int64 (N,)
# "development": not trained on; recipes, seeds, temperature and thresholds are chosen on it.
Part = Literal["training", "development"]
# Of the recorded writers, some are kept out of everything, too, see digit_model.data.strokes.
WriterPart = Literal["training", "development", "test"]

DATA_FOLDER = Path(__file__).parents[2] / "data"  # the files that ship with the repository


class DataError(Exception):
    """A data set that is missing or can't be read. ``str(error)`` is one sentence."""


def stack_digits(images: Sequence[np.ndarray]) -> np.ndarray:
    """uint8 (28, 28) each → uint8 (N, 28, 28), of none (0, 28, 28)."""
    return np.stack(images) if len(images) else np.empty((0, SIZE, SIZE), np.uint8)


def data_file(name: str) -> Path:
    """A file of the repository's data folder.

    Raises:
        DataError: it is missing, as when only the package is installed.
    """
    path = DATA_FOLDER / name
    if not path.exists():
        raise DataError(f"{path} is missing: run this in a clone of the repository.")
    return path
