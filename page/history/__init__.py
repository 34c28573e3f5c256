"""The answers of this visit, which only the browser keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from page.component import Component

HERE = Path(__file__).parent


class History(Component):
    """A row of pictures with what was read in them, the latest first.

    Each value, an answer as the card shows it, becomes an entry. A later answer with the same key
    replaces it; `{"left": answer}`, of a drawing that was cleared, replaces none. A click on an
    entry makes it the value in the browser and triggers `select`.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(HERE, start="startHistory", **kwargs)
