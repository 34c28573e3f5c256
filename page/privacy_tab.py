"""The last tab: what is kept of a visit, the keys, and the way in for programs."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore

TEXT = (Path(__file__).parent / "privacy.html").read_text(encoding="utf-8")


def add_privacy_tab(store: CorrectionStore, keep_seconds: int) -> None:
    """Adds it to the gr.Blocks around the call; `keep_seconds` is how long uploads stay."""
    repository = getattr(store, "repo_id", None)
    where = (
        f"in the data set <code>{html.escape(str(repository))}</code> on the Hugging Face Hub"
        if repository
        else "in a folder on the machine that serves this page"
    )
    minutes = round(keep_seconds / 60)
    text = TEXT.replace("%WHERE%", where).replace("%MINUTES%", str(minutes))
    gr.HTML(text, elem_id="privacy", elem_classes="text")
