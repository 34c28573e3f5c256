"""The recogniser: the one place where pictures and the network meet."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import torch

from digit_model.decode import ImageInput
from digit_model.explanation import attribute, contrast, share_evidence
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
        self.folder: Path | None = None  # where the weights were loaded from
        self.notice: str | None = None  # what users should know of where the weights are from
        self.sha256 = config.sha256
        self.calibration = config.calibration
        self._network = network.fused().to(memory_format=torch.channels_last)

    @classmethod
    def from_pretrained(
        cls,
        model: str | Path | None = None,
        revision: str | None = None,
        *,
        local_files_only: bool = False,
    ) -> "DigitRecognizer":
        """Load weights.

        Args:
            model: a folder with config.json and model.safetensors, or a repository on the Hub,
                "user/repo" or "user/repo@revision"; by default weights/ of this repository, without
                any network. :mod:`digit_model.hub.names` has the rule that tells them apart.
            revision: branch, tag or commit on the Hub; its main branch by default.
            local_files_only: take what was downloaded from the Hub before, without asking it.

        Raises:
            ModelError: the folder or its files are missing, damaged or don't fit together; or the
                Hub refuses them, or gives no answer and they were never downloaded before.
        """
        from digit_model.hub.names import locate  # which needs no network, nor its libraries

        place, notice = locate(DEFAULT_WEIGHTS if model is None else model, revision)
        if isinstance(place, Path):
            folder = place
            network, config = load_weights(folder)
            recognizer = cls(network, config, id=folder.resolve().name)
        else:
            from digit_model.hub.pull import pull, remember  # they take half a second to import

            folder, commit, notice = pull(place, local_files_only=local_files_only)
            network, config = load_weights(folder)
            remember(place, commit)
            recognizer = cls(network, config, id=place.repo, revision=commit)
        recognizer.folder, recognizer.notice = folder, notice
        return recognizer

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

    def explain(
        self, image: ImageInput, label: str | None = None, *, against: str | None = None
    ) -> np.ndarray:
        """Which ink speaks for a label and which against it, as the network sees it.

        By integrated gradients; see :mod:`digit_model.explanation`, which also draws the result.

        Args:
            image: as in :meth:`predict`.
            label: "0" … "9"; by default the most probable one (other than ``against``).
            against: another label, to ask why the one and not the other; by default the label
                is held against the mean of all others.

        Returns:
            float32 (28, 28) in [-1, 1] for the pixels of ``Prediction.model_input``: above 0 for
            the label, below 0 against it, the strongest pixel being 1 or -1; 0 on paper, and
            all 0 when the picture is blank.

        Raises:
            ImageError: the picture can't be read.
            ValueError: ``label`` or ``against`` is no label, or both are the same.
        """
        for given in (label, against):
            if given is not None and given not in LABELS:
                raise ValueError(f'A label is one of "0" to "9", not {given!r}.')
        if label is not None and label == against:
            raise ValueError(f"Evidence for {label} can't be held against {label} itself.")
        digit = read_digit(image)
        other = None if against is None else LABELS.index(against)
        if label is None:
            ranking = np.argsort(-self.logits(digit[None])[0], kind="stable")
            chosen = int(ranking[ranking != other][0])
        else:
            chosen = LABELS.index(label)
        evidence = attribute(self._network, digit, contrast(chosen, other))
        evidence = share_evidence(evidence, digit)
        return evidence / max(float(np.abs(evidence).max()), 1e-12)

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
