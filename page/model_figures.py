"""The figures of the Model tab, with captions for people who see such plots for the first time."""

from __future__ import annotations

import html
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from digit_model.model_folder import FIGURES


class Caption(NamedTuple):
    title: str
    text: str


# By the name of a figure's file. Figures are shown in this order, then the others.
CAPTIONS = {
    "worst_errors": Caption(
        "The mistakes it was surest of",
        "What was written → what was read, and how sure it was. “4 → 9, 98 %” is a 4 that it took "
        "for a 9.",
    ),
    "wrong_numbers": Caption(
        "Numbers that it misread",
        "What was written → what was read. Digits that touch or overlap are the hardest.",
    ),
    "confusion_matrix": Caption(
        "Which digit is taken for which",
        "Each row is a digit that was written, each column one that was read. The darker a square "
        "beside the diagonal, the more often this mistake was made.",
    ),
    "ink": Caption(
        "Finding the writing in a photograph",
        "Drawn photographs of digits, and right of each what was found to be written in it.",
    ),
    "corruptions": Caption(
        "Damaged digits",
        "Ten digits under each kind of damage that it was tested with.",
    ),
    "robustness": Caption(
        "Damage that it was never made for",
        "Ten digits under kinds of damage that played no part in how it was made.",
    ),
    "reliability": Caption(
        "Whether its percentages can be believed",
        "Across: how sure it was. Upwards: how often it was right. Dots on the dashed line are "
        "honest, those above it too modest; a large dot stands for many digits.",
    ),
    "roc": Caption(
        "Telling digits from everything else",
        "The further a line stays up at the left, the fewer digits are refused while letters and "
        "scribbles are kept out.",
    ),
    "learning_curves": Caption(
        "Learning to read digits", "After each round of training, on digits kept for such tests."
    ),
    "ink_learning_curves": Caption(
        "Learning to find the writing", "After each round of training, on photographs kept for it."
    ),
}


def figures(folder: Path) -> str:
    """The figures in a folder of weights, as HTML; the server has them at /figures/.

    Each is a link to itself, where a browser shows it as large as it is.
    """
    files = {file.stem: file for file in sorted((folder / FIGURES).glob("*.png"))}
    names = [name for name in CAPTIONS if name in files]
    names += [name for name in files if name not in CAPTIONS]
    if not names:
        return ""
    shown = "".join(figure(files[name]) for name in names)
    return f"<h2>Figures</h2><div class=figures>{shown}</div>"


def figure(file: Path) -> str:
    title, text = CAPTIONS.get(file.stem) or Caption(file.stem.replace("_", " ").capitalize(), "")
    address = html.escape(f"figures/{quote(file.name)}")
    title = html.escape(title)
    return (
        f'<figure><a href="{address}" target=_blank title="Open it large">'
        f'<img src="{address}" alt="{title}" loading=lazy></a>'
        f"<figcaption><b>{title}</b> {html.escape(text)}</figcaption></figure>"
    )
