"""What training draws, kept in a file: further seeds and resumed runs need not draw it again."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

Arrays = dict[str, np.ndarray]

PACKAGE = Path(__file__).parents[1]
KEY = "drawn from"  # in the file's metadata


def drawn_once(file: Path | None, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
    """``draw()``, or what it gave for the same request and the same sources of this package.

    Args:
        file: a .safetensors, replaced when it was drawn from anything else; None keeps nothing.
        request: JSON; all that ``draw`` depends on but the package itself.
    """
    if file is None:
        return draw()
    key = json.dumps({"request": request, "sources": _sources()}, sort_keys=True)
    if file.exists():
        with safe_open(file, "np") as kept:
            if kept.metadata()[KEY] == key:
                return {name: kept.get_tensor(name) for name in kept.keys()}  # noqa: SIM118 (no mapping)
    drawn = draw()
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    save_file(drawn, partial, {KEY: key})
    partial.replace(file)
    return drawn


def _sources() -> str:
    """SHA-256 of the package's Python files: any of them may change what is drawn."""
    digest = hashlib.sha256()
    for source in sorted(PACKAGE.rglob("*.py")):
        digest.update(str(source.relative_to(PACKAGE)).encode() + source.read_bytes())
    return digest.hexdigest()
