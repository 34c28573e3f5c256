"""Pictures of a training run, as PNG files. Needs matplotlib."""

from pathlib import Path

import matplotlib
import numpy as np

matplotlib.use("Agg")  # no display is needed or wanted
from matplotlib import pyplot as plt


def save_figure(figure: plt.Figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.tight_layout()
    # No date or version in the file: the same figures give the same bytes.
    figure.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(figure)


def learning_curves(history: list[dict[str, float]], path: Path) -> None:
    """Training loss, and the error on each validation set, by epoch."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    epochs = [row["epoch"] for row in history]
    left.plot(epochs, [row["loss"] for row in history], marker=".")
    left.set(xlabel="epoch", ylabel="training loss", title="Training loss")
    for name in history[0]:
        if name not in ("epoch", "loss", "seconds"):
            errors = [max(100 * (1 - row[name]), 0.01) for row in history]
            right.plot(epochs, errors, marker=".", label=name)
    right.set(xlabel="epoch", ylabel="error, %", yscale="log", title="Error on validation sets")
    right.grid(visible=True, which="both", alpha=0.3)
    right.legend(fontsize=8)
    save_figure(figure, path)


def confusion_matrix(labels: np.ndarray, guesses: np.ndarray, path: Path) -> None:
    """How often each digit was taken for each, in counts; the colour leaves the diagonal out."""
    counts = np.zeros((10, 10), np.int64)
    np.add.at(counts, (labels, guesses), 1)
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
