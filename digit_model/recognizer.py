"""The recogniser: the one place where pictures and the network meet."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import torch

from digit_model.decode import ImageInput
from digit_model.network import DigitCNN, to_inputs
from digit_model.pipeline import read_digit
from digit_model.prediction import LABELS, Prediction, judge
from digit_model.weights import ModelConfig, load_weights

DEFAULT_WEIGHTS = Path(__file__).parents[1] / "weights"
BATCH = 32  # digits in one forward pass: their activations fit into the processor's cache


class DigitRecognizer:
    """Reads handwritten digits. Made by :meth:`from_pretrained`; safe to share between threads."""

    def __init__(
        self, network: DigitCNN, config: ModelConfig, *, id: str, revision: str | None = None
    ) -> None:
        self.id = id
        self.revision = revision
        self.sha256 = config.sha256
        self.calibration = config.calibration
        self._network = network.fused().to(memory_format=torch.channels_last)

    @classmethod
    def from_pretrained(cls, model: str | Path | None = None) -> "DigitRecognizer":
        """Load weights.

        Args:
            model: a folder with config.json and model.safetensors; by default weights/ of this
                repository.

        Raises:
            ModelError: the folder or its files are missing, damaged or don't fit together.
        """
        folder = DEFAULT_WEIGHTS if model is None else Path(model)
        network, config = load_weights(folder)
        return cls(network, config, id=folder.resolve().name)

    def predict(self, image: ImageInput, top_k: int = 3) -> Prediction:
        """Recognise the digit in one picture.

        Args:
            image: a path, the bytes of a file, a PIL image, a numpy array or the value of a
                Gradio image editor; see :func:`digit_model.decode.decode`.
            top_k: how many labels ``Prediction.top_k`` lists, 1 to 10.

        Raises:
            ImageError: the picture can't be read.
            ValueError: top_k is not a whole number from 1 to 10.
        """
        return self.predict_batch([image], top_k)[0]

    def predict_batch(self, images: Sequence[ImageInput], top_k: int = 3) -> list[Prediction]:
        """Recognise the digit in each picture, in order; a forward pass for every 32 of them.

        Raises:
            ImageError: one of the pictures can't be read.
            ValueError: top_k is not a whole number from 1 to 10.
        """
        if isinstance(top_k, bool) or not isinstance(top_k, int) or not 1 <= top_k <= len(LABELS):
            raise ValueError(
                f"top_k must be a whole number from 1 to {len(LABELS)}, not {top_k!r}."
            )
        starts = range(0, len(images), BATCH)
        batches = (
            np.stack([read_digit(image) for image in images[start : start + BATCH]])
            for start in starts
        )
        if len(starts) <= 1:
            answers = [(digits, self.logits(digits)) for digits in batches]
        else:
            answers = self._overlapped(batches)
        return [
            judge(digit, row, self.calibration, top_k)
            for digits, logits in answers
            for digit, row in zip(digits, logits, strict=True)
        ]

    def _overlapped(self, batches: Iterable[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray]]:
        """Each batch's digits and logits; the network works on one while the next is being read."""
        pending = [(digits, _worker().submit(self.logits, digits)) for digits in batches]
        return [(digits, logits.result()) for digits, logits in pending]

    def logits(self, digits: np.ndarray) -> np.ndarray:
        """Digits as :func:`digit_model.pipeline.read_digit` makes them → float32 (N, 10)."""
        with torch.inference_mode():
            parts = to_inputs(torch.from_numpy(digits)).split(BATCH)
            return torch.cat([self._network(part) for part in parts]).numpy()


@cache
def _worker() -> ThreadPoolExecutor:
    """A thread for the network, beside the one that reads; kept, since its memory is warm then.

    Torch gets no further threads in it: they would wait for each other on the core that reads.
    """
    worker, threads = ThreadPoolExecutor(1), torch.get_num_threads()
    worker.submit(torch.set_num_threads, 1).result()
    torch.set_num_threads(threads)  # what threads begun later start with
    return worker
