"""The Model tab: where the weights come from, their results and their limits."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import gradio as gr

from digit_model.model_folder import METRICS_FILE, Hashes, measured_hashes

if TYPE_CHECKING:
    from digit_model.serving.worker import ModelInfo

# Captions by the beginning of a file's name. Figures are shown in this order, then the others.
FIGURE_CAPTIONS = {
    "confusion": "Confusion matrix: what was written, against what was read",
    "reliability": "Reliability: how often an answer of a given confidence is right",
    "worst": "The worst errors: the most confident wrong answers",
    "roc": "Digits kept, against other pictures taken for digits",
    "corruptions": "Ten drawings under each of MNIST-C’s corruptions",
    "wrong_numbers": "Numbers as written → as read, where they differ",
    "learning": "Error on development data, after each epoch of training",
    "ink_learning": "How much of the ink found and drawn overlaps, after each epoch of training",
    "ink": "Synthetic photographs of development writers, and the ink that was found in them",
}
LIMITS = """<h2>Limits</h2>
<ul>
<li>It reads digits and the numbers that they make, and nothing else: no minus, no decimal comma, no
letters. Nothing that matters, such as a cheque, should rest on it without a person's check.</li>
<li>In photographs a network leaves out printed lines, shadows, fingers, boxes and rings;
handwriting right beside a digit can be taken for a part of it.</li>
<li>Letters that look like digits (O, I, l, Z, S, b, g, q) are read as digits.</li>
<li>A 1 with a long flag is sometimes taken for a 7, and a 9 without a loop for another digit.</li>
</ul>"""


def add_model_tab(model: ModelInfo) -> None:
    """Adds its components to the enclosing gr.Blocks."""
    metrics = read_metrics(model.folder, model.hashes)
    parts = [provenance(model), results(metrics), figures(model.folder, metrics), LIMITS]
    gr.HTML("\n".join(parts), elem_id="model", elem_classes="text")


def read_metrics(folder: Path, hashes: Hashes) -> dict[str, Any]:
    """metrics.json, if it was measured with the weights of these hashes; else {}."""
    if measured_hashes(folder) != hashes:
        return {}
    return dict(json.loads((folder / METRICS_FILE).read_text(encoding="utf-8")))


def provenance(model: ModelInfo) -> str:
    """Which weights these are."""
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
    return f"<h2>The weights that answer here</h2><table class=facts>{''.join(rows)}</table>"


def results(metrics: dict[str, Any]) -> str:
    """The tables of results; a fold-out lists all sets."""
    digits = _rows(metrics.get("digits"))
    if not digits:
        return "<h2>Results</h2><p>No results were measured with these weights.</p>"
    main_rows = _worst_variants(digits)
    parts = [
        "<h2>Results</h2><p>In %. Training uses none of these digits. Only MNIST’s test images "
        "were kept for the final measurement; recipes or thresholds were chosen on all others, "
        "which makes their figures a little too good. ECE: by how much confidence and accuracy "
        "differ. Unsure and refused: digits that got “4 or 9?” and “not a digit”.</p>",
        digits_table(main_rows),
    ]
    if len(main_rows) < len(digits):
        title = f"All {len(digits)} sets"
        parts.append(f"<details><summary>{title}</summary>{digits_table(digits)}</details>")
    nondigits = [
        [name, row.get("count"), _percent(row.get("auroc")), _percent(row.get("refused"))]
        for name, row in _rows(metrics.get("nondigits"))
    ]
    if nondigits:
        titles = ["What is no digit", "Pictures", "AUROC against digits", "Refused"]
        parts.append(table(titles, nondigits))
    return "\n".join(parts)


def digits_table(rows: list[tuple[str, dict[str, Any]]]) -> str:
    titles = ["Digits", "Pictures", "Right", "ECE", "Unsure", "Refused"]
    keys = ["accuracy", "ece", "unsure", "refused"]
    return table(
        titles,
        [[name, row.get("count"), *(_percent(row.get(key)) for key in keys)] for name, row in rows],
    )


def table(titles: list[str], rows: Iterable[list[Any]]) -> str:
    """An HTML table; each row's first cell is its heading."""
    head = "".join(f"<th scope=col>{html.escape(title)}</th>" for title in titles)
    body = "".join(
        f"<tr><th scope=row>{html.escape(str(first))}</th>"
        + "".join(f"<td>{'' if cell is None else html.escape(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f"<div class=wide tabindex=0><table><tr>{head}</tr>{body}</table></div>"


def figures(folder: Path, metrics: dict[str, Any]) -> str:
    """The figures beside metrics.json, with captions; the server has them at /figures/."""
    files = sorted((folder / "figures").glob("*.png")) if metrics else []
    if not files:
        return ""
    order = [*FIGURE_CAPTIONS, ""]
    files.sort(key=lambda file: next(i for i, k in enumerate(order) if file.stem.startswith(k)))
    shown = []
    for file in files:
        captions = (text for key, text in FIGURE_CAPTIONS.items() if file.stem.startswith(key))
        caption = html.escape(next(captions, file.stem.replace("_", " ").capitalize()))
        address = html.escape(f"figures/{quote(file.name)}")
        shown.append(
            f'<figure><img src="{address}" alt="{caption}" loading=lazy>'
            f"<figcaption>{caption}</figcaption></figure>"
        )
    return f"<h2>Figures</h2><div class=figures>{''.join(shown)}</div>"


def _rows(section: Any) -> list[tuple[str, dict[str, Any]]]:
    items = section.items() if isinstance(section, dict) else []
    return [(str(name), row) for name, row in items if isinstance(row, dict)]


def _worst_variants(
    rows: list[tuple[str, dict[str, Any]]],
) -> list[tuple[str, dict[str, Any]]]:
    """One row for all variants of a set, such as "strokes, small, black on white": the worst."""
    names = {name for name, _ in rows}
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, row in rows:
        family = name.partition(",")[0]
        # "MNIST test, inverted" is a set of its own beside "MNIST test".
        groups.setdefault(name if family in names else family, []).append((name, row))
    return [
        members[0]
        if len(members) == 1
        else (
            f"{group}, the worst of {len(members)} conditions",
            min((row for _, row in members), key=lambda row: row.get("accuracy") or 0.0),
        )
        for group, members in groups.items()
    ]


def _percent(share: Any) -> str | None:
    return f"{100 * share:.2f}" if isinstance(share, (int, float)) else None
