"""What lies in a folder of weights, without the libraries that load them."""

import json
import os
from pathlib import Path
from typing import NamedTuple

from digit_model.files import write_atomically

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "model.safetensors"  # of the digit network
INK_FILE = "ink.safetensors"  # of the ink network
NUMBER_FILE = "number.safetensors"  # of the number network
TENSOR_FILES = (WEIGHTS_FILE, INK_FILE, NUMBER_FILE)
MODEL_FILES = (CONFIG_FILE, *TENSOR_FILES)  # all that is loaded: no pickle, no code
METRICS_FILE = "metrics.json"
CARD_FILE = "README.md"
FIGURES = "figures"  # a folder of PNG files
MEASURED_FIGURES = tuple(  # those that report on all networks, as metrics.json does
    f"{FIGURES}/{name}.png"
    for name in ("corruptions", "reliability", "robustness", "roc", "worst_errors", "wrong_numbers")
)
# `pip install .` copies the repository's weights/ into the package; a clone has them beside it.
_INSTALLED, _CLONED = Path(__file__).parent / "pretrained", Path(__file__).parents[1] / "weights"
DEFAULT_WEIGHTS = _INSTALLED if _INSTALLED.is_dir() else _CLONED


class Hashes(NamedTuple):
    """SHA-256 of each file of ``TENSOR_FILES``, under the names that config.json has for them."""

    sha256: str
    ink_sha256: str
    number_sha256: str


class ModelError(Exception):
    """Weights that can't be loaded. ``str(error)`` is one sentence that says what is wrong."""


def check_folder(folder: Path) -> None:
    """Raise ModelError if there is no such folder."""
    if not os.path.isdir(folder):  # noqa: PTH112  # Path.is_dir raises OSError for a long name
        raise ModelError(f"There is no folder {folder} with weights.")


def copy_report(source: Path, folder: Path, hashes: Hashes) -> None:
    """Copy metrics, figures and model card from ``source`` to ``folder``.

    Only if they report on the weights in ``folder``, which have these hashes.
    """
    if source.resolve() == folder.resolve() or measured_hashes(source) != hashes:
        return
    names = [METRICS_FILE, CARD_FILE, *figure_names(source)]
    for name in names:
        if (source / name).is_file():
            (folder / name).parent.mkdir(exist_ok=True)
            write_atomically(folder / name, (source / name).read_bytes())


def forget_report(folder: Path, hashes: Hashes) -> None:
    """Delete the card and the figures that report on other weights than those with these hashes."""
    if measured_hashes(folder) != hashes:
        for name in (CARD_FILE, *MEASURED_FIGURES):
            (folder / name).unlink(missing_ok=True)


def measured_hashes(folder: Path) -> Hashes | None:
    """The hashes of the weights that metrics.json reports on; None if it can't be read."""
    try:
        model = json.loads((folder / METRICS_FILE).read_bytes())["model"]
        return Hashes(*(model[name] for name in Hashes._fields))
    except (OSError, ValueError, LookupError, TypeError):
        return None


def figure_names(folder: Path) -> list[str]:
    """Of the figures in a folder of weights: their paths in it."""
    return sorted(f"{FIGURES}/{path.name}" for path in (folder / FIGURES).glob("*.png"))
