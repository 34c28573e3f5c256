"""This visit's answers, kept in the browser alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from page.scripts import load_scripts

HERE = Path(__file__).parent
CSS = HERE / "history.css"


class History(gr.HTML):
    """A row of pictures with what was read in them, the latest first.

    A value it is given is remembered; a later answer with the same key takes its place. When one
    is clicked, it becomes the value in the browser, and `select` is triggered.
    """

    def __init__(self, **kwargs: Any):
        super().__init__(
            html_template=(HERE / "history.html").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startHistory"),
            apply_default_css=False,
            **kwargs,
        )
