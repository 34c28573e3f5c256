"""The Privacy tab: what the server stores, keyboard shortcuts, and where the API is described."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore

TEXT = (Path(__file__).parent / "privacy.html").read_text(encoding="utf-8")


def add_privacy_tab(store: CorrectionStore, upload_seconds: int) -> None:
    """Adds its components to the enclosing gr.Blocks.

    Args:
        store: where corrections go.
        upload_seconds: how long uploaded pictures stay on the server's disk.
    """
    where = (
        f"in the data set <code>{html.escape(store.repo_id)}</code> on the Hugging Face Hub"
        if store.repo_id
        else "in a folder on the machine that serves this page"
    )
    minutes = round(upload_seconds / 60)
    text = TEXT.replace("%WHERE%", where).replace("%MINUTES%", str(minutes))
    gr.HTML(text, elem_id="privacy", elem_classes="text")
