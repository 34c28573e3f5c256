"""What a run tells while it trains: a line an epoch, TensorBoard's logs and sheets of pictures.

They lie beside the output folder, in OUTPUT.log, and are made anew by each run, except by one that
is resumed: ``tensorboard --logdir OUTPUT.log`` shows them.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from digit_model.files import check_writable, write_atomically
from digit_model.model_folder import FIGURES
from digit_model.training.progress import Progress, Step

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

Row = dict[str, float]  # the figures of an epoch
PROBE_BYTES = 100_000  # more than the log of a run needs before its first epoch
PLAIN = ("epoch", "loss", "seconds")  # all others are accuracies on development sets


class RunLog:
    """The log of one run.

    Args:
        output: the folder of weights, beside which it is written.
        progress: of the steps of which the run is one; None: it is the only one.
    """

    def __init__(self, output: Path, progress: Progress | None = None) -> None:
        self._output = output
        self.folder = output.parent / f"{output.name}.log"
        self._progress = progress
        self._writer: SummaryWriter | None = None

    def make_folders(self) -> None:
        """The output's and the log's: to fail now, if that can't be, rather than after hours."""
        for folder in (self._output, self.folder):
            folder.mkdir(parents=True, exist_ok=True)
        check_writable(self.folder, PROBE_BYTES)  # on a full disk, folders can be made

    def begin(
        self, history: Sequence[Row], epochs: int, learning_rate: Callable[[float], float]
    ) -> None:
        """Log the epochs before.

        Args:
            history: a row for each of them; none if the run wasn't resumed.
            epochs: all of the run.
            learning_rate: at a time, counted in epochs.
        """
        self.epochs, self._learning_rate = epochs, learning_rate
        self.progress = self._progress or Progress([Step("", "", epochs)])
        self.folder.mkdir(parents=True, exist_ok=True)
        old = [*self.folder.glob("events.out.tfevents.*")]
        for path in old if history else [*old, *self.folder.glob("*.png")]:
            path.unlink()
        self._writer = _writer(self.folder)
        for row in history:
            self._record(row)

    def title(self, epoch: int) -> str:
        """Of an epoch's progress bar; ``epoch`` is counted from 0."""
        left = self.progress.time_left()
        return f"{self.progress.place}epoch {epoch + 1}/{self.epochs}" + (left and f", {left}")

    def add(self, row: Row) -> None:
        """Log an epoch, and print its figures and the time that is left."""
        self._record(row)
        figures = "  ".join(f"{name} {value:.4g}" for name, value in row.items())
        print(f"{self.progress.place}{figures}  {self.progress.time_left()}", flush=True)

    def add_sheet(self, name: str, draw: Callable[[Path], None], epoch: int = 0) -> None:
        """Keep a sheet of pictures that training sees from an epoch on.

        Args:
            name: of the PNG file.
            draw: writes it.
            epoch: counted from 0.
        """
        draw(self.folder / name)
        if self._writer:
            with Image.open(self.folder / name) as sheet:
                pixels = np.asarray(sheet.convert("RGB"))
            self._writer.add_image(Path(name).stem, pixels, epoch, dataformats="HWC")
            self._writer.flush()

    def finish(self) -> None:
        """Copy the sheets to the figures in the output folder, and close the log."""
        (self._output / FIGURES).mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("*.png"):
            write_atomically(self._output / FIGURES / path.name, path.read_bytes())
        if self._writer:
            self._writer.close()

    def _record(self, row: Row) -> None:
        self.progress.add_epoch(row["seconds"])
        if not self._writer:
            return
        epoch = int(row["epoch"])
        self._writer.add_scalar("loss", row["loss"], epoch)
        self._writer.add_scalar("seconds", row["seconds"], epoch)
        self._writer.add_scalar("learning rate", self._learning_rate(epoch - 0.5), epoch)
        for name in row.keys() - PLAIN:
            self._writer.add_scalar(f"accuracy/{name}", row[name], epoch)
        self._writer.flush()


def _writer(folder: Path) -> "SummaryWriter | None":
    try:
        from torch.utils.tensorboard import SummaryWriter  # takes a second to import
    except ImportError:
        print("No logs for TensorBoard, which isn't installed.", file=sys.stderr)
        return None
    return SummaryWriter(str(folder))
