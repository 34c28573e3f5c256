"""The Model tab: how often the weights are right, what they can't do, and which they are."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

from digit_model.model_folder import METRICS_FILE, Hashes, measured_hashes
from page.model_figures import figures
from page.model_results import folded, results

if TYPE_CHECKING:
    from digit_model.serving.worker import ModelInfo


def add_model_tab(model: ModelInfo) -> None:
    """Adds its components to the enclosing gr.Blocks."""
    metrics = read_metrics(model.folder, model.hashes)
    parts = [results(metrics), figures(model.folder) if metrics else "", provenance(model)]
    gr.HTML("\n".join(parts), elem_id="model", elem_classes="text")


def read_metrics(folder: Path, hashes: Hashes) -> dict[str, Any]:
    """metrics.json, if it was measured with the weights of these hashes; else {}."""
    if measured_hashes(folder) != hashes:
        return {}
    return dict(json.loads((folder / METRICS_FILE).read_text(encoding="utf-8")))


def provenance(model: ModelInfo) -> str:
    """Which weights these are, folded away."""
    facts = {
        "Repository or folder": model.id,
        "Revision": model.revision or "–",
        "SHA-256 of the digit network": model.hashes.sha256,
        "SHA-256 of the ink network": model.hashes.ink_sha256,
        "SHA-256 of the number network": model.hashes.number_sha256,
    }
    rows = [
        f"<tr><th scope=row>{name}</th><td><code>{html.escape(value)}</code></td></tr>"
        for name, value in facts.items()
    ]
    return folded("Which weights answer here", f"<table class=facts>{''.join(rows)}</table>")
