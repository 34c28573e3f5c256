"""Plots of the results, as PNG files. Needs matplotlib."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import matplotlib
import numpy as np
from PIL import Image

from digit_model.digit import SIZE
from digit_model.evaluation.corruptions import Corruption
from digit_model.evaluation.numbers import NumberError
from digit_model.files import atomic_path

matplotlib.use("Agg")  # a backend without a display
from matplotlib import pyplot as plt

ERRORS_PER_ROW = 8
WRONG_NUMBERS, NUMBERS_PER_ROW = 32, 4
LONGEST_TITLE = 18  # letters, of what is written or read
CELL_HEIGHT, CELL_WIDTH = SIZE + 14, SIZE + 8  # pixels, of an error with its caption


def save_figure(figure: plt.Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    with atomic_path(path) as partial:
        # No version of matplotlib in the file, so that the same plot gives the same bytes.
        figure.savefig(partial, format="png", dpi=110, metadata={"Software": None})
    plt.close(figure)


@dataclass(frozen=True, eq=False)
class Misclassification:
    """A digit with a wrong prediction."""

    source: str  # the set that the digit is from, or the group whose sets all have it
    index: int  # of the digit in its set
    image: np.ndarray  # the network's input, uint8 (28, 28)
    label: int
    predicted: int
    confidence: float


def reliability_diagrams(bins: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Accuracy against confidence for each group of sets; larger dots stand for more digits.

    The ECE is the mean distance from the diagonal, weighted by the counts.
    """
    columns = min(3, len(bins))
    rows = -(-len(bins) // columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(3.4 * columns, 3.3 * rows), squeeze=False, sharex=True, sharey=True
    )
    for panel in panels.flat[len(bins) :]:
        panel.set_visible(False)
    for panel, (group, row) in zip(panels.flat, bins.items(), strict=False):
        confidence, accuracy, count = (
            np.array([bin[key] for bin in row]) for key in ("confidence", "accuracy", "count")
        )
        gap = float(np.abs(accuracy - confidence) @ count / count.sum())
        panel.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
        panel.vlines(confidence, confidence, accuracy, linewidth=1)
        panel.scatter(confidence, accuracy, s=6 + 120 * count / count.sum())
        panel.tick_params(labelbottom=True, labelleft=True)
        panel.set(title=f"{group}: ECE {100 * gap:.2f} %", xlabel="confidence", ylabel="accuracy")
        panel.grid(visible=True, alpha=0.3)
    save_figure(figure, path)


def roc_curves(curves: dict[str, tuple[np.ndarray, np.ndarray]], path: Path) -> None:
    """True against false positive rate, a curve for each set of non-digits."""
    figure, axes = plt.subplots(figsize=(6, 4.6))
    for name, (tpr, fpr) in curves.items():
        axes.step(100 * np.maximum(fpr, 1e-3), 100 * tpr, where="post", label=name)
    axes.axhline(99, color="grey", linewidth=1, linestyle="--")
    axes.set(
        xlabel="non-digits taken for a digit, %",
        ylabel="digits kept, %",
        xscale="log",
        xlim=(0.1, 100),
        ylim=(80, 100.5),
        title="Digits against non-digits",
    )
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(fontsize=8, loc="lower right")
    save_figure(figure, path)


def worst_errors(errors: dict[str, list[Misclassification]], path: Path) -> None:
    """The images of these errors with their labels and predictions, in rows for each group."""
    rows = [
        (group, found[start : start + ERRORS_PER_ROW])
        for group, found in errors.items()
        for start in range(0, len(found), ERRORS_PER_ROW)
    ]
    shape = (max(1, len(rows)) * CELL_HEIGHT, ERRORS_PER_ROW * CELL_WIDTH)
    sheet = np.zeros(shape, np.uint8)
    figure, axes = plt.subplots(figsize=(sheet.shape[1] / 36, sheet.shape[0] / 36))
    for row, (group, found) in enumerate(rows):
        axes.text(-3, row * CELL_HEIGHT + 24, group, ha="right", va="center", fontsize=9)
        for column, error in enumerate(found):
            top, left = row * CELL_HEIGHT + 10, column * CELL_WIDTH
            sheet[top : top + SIZE, left : left + SIZE] = error.image
            caption = f"{error.label} → {error.predicted}  {100 * error.confidence:.0f} %"
            axes.text(left + SIZE / 2, top - 2, caption, ha="center", fontsize=8)
    axes.imshow(sheet, cmap="gray_r", vmin=0, vmax=255)
    axes.axis("off")
    save_figure(figure, path)


def wrong_numbers(errors: Sequence[NumberError], path: Path) -> None:
    """Numbers that were read wrong, evenly chosen from all, with what is written and was read."""
    rows = -(-WRONG_NUMBERS // NUMBERS_PER_ROW)
    figure, panels = plt.subplots(rows, NUMBERS_PER_ROW, figsize=(3 * NUMBERS_PER_ROW, 1.1 * rows))
    chosen = errors[:: max(1, len(errors) // WRONG_NUMBERS)][:WRONG_NUMBERS]
    for panel in panels.flat:
        panel.axis("off")
    for panel, error in zip(panels.flat, chosen, strict=False):
        panel.imshow(error.picture, cmap="gray", vmin=0, vmax=255)
        written, read = (
            shorten(text.replace("\n", " / "), LONGEST_TITLE, placeholder=" …")
            for text in (error.text, error.read)
        )
        panel.set_title(f"{written} → {read or 'nothing'}", fontsize=8)
    save_figure(figure, path)


def corruption_sheet(digits: np.ndarray, corruptions: Sequence[Corruption], path: Path) -> None:
    """Each corruption of a few digits, uint8 (N, 28, 28)."""
    rows = {
        corruption.name: np.stack(
            [corruption(digit, (row, column)) for column, digit in enumerate(digits)]
        )
        for row, corruption in enumerate(corruptions)
    }
    digit_rows(rows, path)


def digit_rows(rows: dict[str, np.ndarray], path: Path) -> None:
    """Digits, uint8 (N, 28, 28), in a row for each name."""
    step = SIZE + 2
    sheet = np.full((len(rows) * step, max(map(len, rows.values())) * step), 128, np.uint8)
    figure, axes = plt.subplots(figsize=(sheet.shape[1] / 50 + 1.5, sheet.shape[0] / 50))
    for row, (name, digits) in enumerate(rows.items()):
        axes.text(-3, row * step + SIZE / 2, name, ha="right", va="center")
        for column, digit in enumerate(digits):
            top, left = row * step, column * step
            sheet[top : top + SIZE, left : left + SIZE] = digit
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    axes.axis("off")
    save_figure(figure, path)


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, path: Path) -> None:
    """Counts of each label and prediction; only the errors are coloured."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, predicted), 1)
    errors = counts.astype(float)
    np.fill_diagonal(errors, np.nan)
    figure, axes = plt.subplots(figsize=(6, 5.4))
    axes.imshow(errors, cmap="Reds")
    for row in range(10):
        for column in range(10):
            weight = "bold" if row == column else "normal"
            axes.text(
                column,
                row,
                str(counts[row, column]),
                ha="center",
                va="center",
                fontsize=8,
                weight=weight,
            )
    axes.set(
        xticks=range(10),
        yticks=range(10),
        xlabel="recognised as",
        ylabel="written",
        title=f"Validation: {counts.sum():,} digits, {counts.sum() - np.trace(counts):,} errors",
    )
    save_figure(figure, path)


def ink_sheet(pictures: np.ndarray, inks: Sequence[np.ndarray], path: Path) -> None:
    """Pictures, uint8 RGB (N, h, w, 3), each beside its ink, float (h, w) in [0, 1]."""
    cells = [
        np.hstack([picture, np.repeat((255 * (1 - ink)).astype(np.uint8)[..., None], 3, axis=2)])
        for picture, ink in zip(pictures, inks, strict=True)
    ]
    picture_grid(cells, 6, path)


def picture_grid(pictures: Sequence[np.ndarray], columns: int, path: Path) -> None:
    """Pictures of one shape, uint8 (h, w) or (h, w, 3), in rows; the last one ends in black."""
    blank = [np.zeros_like(pictures[0])] * (-len(pictures) % columns)
    cells = [*pictures, *blank]
    starts = range(0, len(cells), columns)
    rows = [np.hstack(cells[start : start + columns]) for start in starts]
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as partial:
        Image.fromarray(np.vstack(rows)).save(partial, "PNG")
