"""The answers of this visit, which only the browser keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from page.scripts import load_scripts

HERE = Path(__file__).parent


class History(gr.HTML):
    """A row of pictures with what was read in them, the latest first.

    Each value, an answer as the card shows it, becomes an entry. A later answer with the same key
    replaces it. A click on an entry makes it the value in the browser and triggers `select`.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "history.html").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startHistory"),
            apply_default_css=False,
            **kwargs,
        )
