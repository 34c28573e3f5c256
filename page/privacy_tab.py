"""The Privacy tab: what the server stores, keyboard shortcuts, and where the API is described."""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from page.server.upload_folder import SWEEP_SECONDS

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from page.server.limits import Limits

TEXT = (Path(__file__).parent / "privacy.html").read_text(encoding="utf-8")


def add_privacy_tab(store: CorrectionStore, limits: Limits) -> None:
    """Adds its components to the enclosing gr.Blocks.

    Args:
        store: where corrections go.
        limits: how long uploaded pictures stay on the server's disk.
    """
    where = (
        f"in the data set <code>{html.escape(store.repo_id)}</code> on the Hugging Face Hub"
        if store.repo_id
        else "in a folder on the machine that serves this page"
    )
    minutes = limits.max_temp_minutes + round(2 * SWEEP_SECONDS / 60)  # found, then deleted
    text = TEXT.replace("%WHERE%", where).replace("%MINUTES%", str(minutes))
    gr.HTML(text, elem_id="privacy", elem_classes="text")
