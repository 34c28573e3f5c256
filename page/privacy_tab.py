"""The Help & privacy tab: keyboard shortcuts, what is kept and for how long, and the API."""

from __future__ import annotations

import html
import math
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr

from page.server.upload_folder import SWEEP_SECONDS

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from page.server.limits import Limits

TEXT = (Path(__file__).parent / "privacy.html").read_text(encoding="utf-8")
SWEEPS = 2  # until an old file is gone: one finds that it is old, the next may be late
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def add_privacy_tab(store: CorrectionStore, limits: Limits) -> None:
    """Adds its components to the enclosing gr.Blocks.

    Args:
        store: where corrections go.
        limits: how long uploaded pictures stay on the server's disk.
    """
    where, history = "in a folder on the machine that serves this page", ""
    if store.repo_id:
        where = f"in the data set <code>{html.escape(store.repo_id)}</code> on the Hugging Face Hub"
        history = ", but for the data set’s history, which its owner can delete"
    text = TEXT.replace("%WHERE%", where).replace("%HISTORY%", history)
    text = text.replace("%HOURS%", how_long(limits.max_temp_minutes))
    gr.HTML(text, elem_id="privacy", elem_classes="text")


def how_long(minutes: int) -> str:
    """Between which times a file of this age is deleted: "one to two hours"."""
    latest = minutes + round(SWEEPS * SWEEP_SECONDS / 60)
    if minutes < 60:
        return f"{minutes} to {latest} minutes"
    first, last = minutes // 60, math.ceil(latest / 60)
    return f"{in_words(first)} to {in_words(last)} hours"


def in_words(number: int) -> str:
    return NUMBERS[number] if number < len(NUMBERS) else str(number)
