"""A cache of what training draws, so that further seeds and resumed runs need not draw it again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from digit_model.data import DATA_FOLDER
from digit_model.files import atomic_path

Arrays = dict[str, np.ndarray]

PACKAGE = Path(__file__).parents[1]
KEY = "drawn from"  # in the file's metadata


def cached(file: Path | None, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
    """``draw()``, or what it gave for the same request, from the same code and data.

    Args:
        file: replaced when it was drawn from anything else, or can't be read; None keeps nothing.
        request: JSON; all that ``draw`` depends on but this package and the data beside it.
    """
    if file is None:
        return draw()
    key = json.dumps({"request": request, "sources": _sources()}, sort_keys=True)
    try:
        with safe_open(file, "np") as entries:
            if entries.metadata()[KEY] == key:
                return {name: entries.get_tensor(name) for name in entries.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, KeyError, TypeError):  # none yet, or not one of ours
        pass
    arrays = draw()
    file.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(file) as partial:  # other seeds may write it too
        save_file(arrays, partial, {KEY: key})
    return arrays


def _sources() -> str:
    """SHA-256 of the package's files and the data's: any of them may change what is drawn."""
    files = [*PACKAGE.rglob("*.py"), *DATA_FOLDER.glob("*.npz"), *DATA_FOLDER.glob("*.gz")]
    digest = hashlib.sha256()
    for source in sorted(files):
        digest.update(str(source.relative_to(PACKAGE.parent)).encode() + source.read_bytes())
    return digest.hexdigest()
