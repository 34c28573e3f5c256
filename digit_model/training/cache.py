"""A cache of generated training data, so that other seeds and resumed runs reuse it."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from digit_model.data import DATA_FOLDER
from digit_model.files import write_atomically

Arrays = dict[str, np.ndarray]

PACKAGE = Path(__file__).parents[1]
KEY = "drawn from"  # in the file's metadata


def cached(
    cache: Path | None, name: str, request: dict[str, Any], draw: Callable[[], Arrays]
) -> Arrays:
    """The result of ``draw()``, read from the cache if request, code and data are the same.

    Args:
        cache: what the cache's files begin with, as ``--cache`` names it; None: there is none.
        name: what this one is called besides. It is replaced when its request, code or data differ
            or it can't be read.
        request: JSON; all that ``draw`` depends on besides this package and the data folder.
    """
    if cache is None:
        return draw()
    file = cache.with_name(f"{cache.name}.{name}.safetensors")
    key = json.dumps({"request": request, "sources": _source_hash()}, sort_keys=True)
    try:
        with safe_open(file, "np") as entries:
            if entries.metadata()[KEY] == key:
                return {name: entries.get_tensor(name) for name in entries.keys()}  # noqa: SIM118 (no mapping)
    except (OSError, SafetensorError, KeyError, TypeError):  # missing, damaged, or another file
        pass
    arrays = draw()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(file, save(arrays, {KEY: key}))  # runs of other seeds may write it too
    except OSError as error:
        print(f"{file} is not kept: {error.strerror}.", flush=True)
    return arrays


def _source_hash() -> str:
    """SHA-256 of the code and the data files: each may change the result."""
    files = [*PACKAGE.rglob("*.py"), *DATA_FOLDER.glob("*.npz"), *DATA_FOLDER.glob("*.gz")]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(str(path.relative_to(PACKAGE.parent)).encode() + path.read_bytes())
    return digest.hexdigest()
