"""The example pictures that visitors can try."""

from __future__ import annotations

from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
EXAMPLE_FILES = sorted(map(str, [*EXAMPLES.glob("*.png"), *EXAMPLES.glob("*.jpg")]))
