"""Learning curves of a training run as a PNG file. Needs matplotlib."""

from pathlib import Path

from digit_model.evaluation.figures import plt, save_figure
from digit_model.training.log import PLAIN


def learning_curves(history: list[dict[str, float]], path: Path) -> None:
    """Training loss, and the error on each validation set, by epoch."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4))
    epochs = [row["epoch"] for row in history]
    left.plot(epochs, [row["loss"] for row in history], marker=".")
    left.set(xlabel="epoch", ylabel="training loss", title="Training loss")
    for name in history[0]:
        if name not in PLAIN:
            errors = [max(100 * (1 - row[name]), 0.01) for row in history]
            right.plot(epochs, errors, marker=".", label=name)
    right.set(xlabel="epoch", ylabel="error, %", yscale="log", title="Error on validation sets")
    right.grid(visible=True, which="both", alpha=0.3)
    right.legend(fontsize=8)
    save_figure(figure, path)
