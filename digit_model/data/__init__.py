"""The data of training and evaluation, all brought to 28×28 by the preprocessing that serves.

Sources: :mod:`.mnist`, :mod:`.strokes` (recorded pens), :mod:`.scans`, people's :mod:`.corrections`
and :mod:`.own_digits`; and what is drawn: :mod:`.synthetic` digits by :mod:`.allographs`,
:mod:`.photographs`, :mod:`.nondigits`.
:mod:`.training_sets` and :mod:`.development_sets` put them together. Serving imports none of it.
"""

from pathlib import Path
from typing import Literal

import numpy as np

Digits = tuple[np.ndarray, np.ndarray]  # images uint8 (N, 28, 28), labels int64 (N,)
# What trains, and what recipes, seeds, temperature and thresholds are chosen on.
Part = Literal["training", "development"]

DATA_FOLDER = Path(__file__).parents[2] / "data"  # the files that ship with the repository


class DataError(Exception):
    """A data set that can't be had. ``str(error)`` is one sentence."""


def data_file(name: str) -> Path:
    """A file of the repository's data folder.

    Raises:
        DataError: it isn't there, as where only the package is installed.
    """
    path = DATA_FOLDER / name
    if not path.exists():
        raise DataError(f"{path} is missing: run this in a clone of the repository.")
    return path
