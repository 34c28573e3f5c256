"""The recogniser: the one place where pictures and the network meet."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from digit_model.decode import ImageInput
from digit_model.explanation import attribute, contrast, draw_evidence, share_evidence
from digit_model.network import DigitCNN, to_inputs
from digit_model.prediction import LABELS, Prediction, to_prediction
from digit_model.preprocess import preprocess, preprocess_with_crop
from digit_model.weights import (
    DEFAULT_WEIGHTS,
    ModelConfig,
    ModelError,
    copy_report,
    load_weights,
    measured_sha256,
    save_weights,
)

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
        self._config, self._network = config, network
        self._fused = network.fused().to(memory_format=torch.channels_last)

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
                "user/repo" or "user/repo@revision", which :mod:`digit_model.hub.names` tells apart;
                by default the weights that come with this package, without any network.
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
            from digit_model.hub.pull import pull, save_ref  # they take half a second to import

            folder, commit, notice = pull(place, local_files_only=local_files_only)
            network, config = load_weights(folder)
            save_ref(place, commit)
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
        preprocessed = [preprocess_with_crop(image) for image in images]
        if not preprocessed:
            return []
        logits = self.logits(np.stack([digit for digit, _ in preprocessed]))
        return [
            to_prediction(one, row, self.calibration, top_k)
            for one, row in zip(preprocessed, logits, strict=True)
        ]

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
        digit = preprocess(image)
        return self._evidence(digit, *self._question(digit, label, against))

    def draw_explanation(self, image: ImageInput, label: str | None = None) -> np.ndarray:
        """The same as a picture for people, uint8 RGB (280, 280, 3): blue ink speaks for the label.

        See :func:`digit_model.explanation.draw_evidence`.

        Raises:
            ImageError: the picture can't be read.
            ValueError: ``label`` is no label.
        """
        digit = preprocess(image)
        return draw_evidence(self._evidence(digit, *self._question(digit, label, None)), digit)

    def _question(
        self, digit: np.ndarray, label: str | None, against: str | None
    ) -> tuple[int, int | None]:
        """Both as numbers; the most probable label where none is given."""
        for given in (label, against):
            if given is not None and given not in LABELS:
                raise ValueError(f'A label is one of "0" to "9", not {given!r}.')
        if label is not None and label == against:
            raise ValueError(f"Evidence for {label} can't be held against {label} itself.")
        other = None if against is None else LABELS.index(against)
        if label is not None:
            return LABELS.index(label), other
        ranking = np.argsort(-self.logits(digit[None])[0], kind="stable")
        return int(ranking[ranking != other][0]), other

    def _evidence(self, digit: np.ndarray, label: int, against: int | None) -> np.ndarray:
        evidence = attribute(self._fused, digit, contrast(label, against))
        evidence = share_evidence(evidence, digit)
        return evidence / max(float(np.abs(evidence).max()), 1e-12)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the weights to a folder, with what was measured of them where that is known.

        :meth:`from_pretrained` reads it again, to the bit.

        Raises:
            OSError: it can't be written.
        """
        folder = Path(folder).expanduser()
        save_weights(folder, self._network, self._config)
        if self.folder is not None:
            copy_report(self.folder, folder, self.sha256)

    def push_to_hub(
        self, repo: str, *, private: bool = False, create_pr: bool = False, tag: str | None = None
    ) -> str:
        """Put weights, metrics, figures and model card on the Hub, by one commit or none.

        Args:
            repo: "user/repo"; created if there is none.
            private: visible to you alone, if it has to be created.
            create_pr: as a pull request.
            tag: mark the commit with it.

        Returns:
            The address of the repository, or of the pull request.

        Raises:
            ModelError: nothing was measured of these weights, or the Hub refuses or fails.
        """
        if self.folder is None or measured_sha256(self.folder) != self.sha256:
            raise ModelError(
                "Nothing has been measured of these weights, and the model card is made of it: "
                f"run python -m digit_model evaluate --model {self.folder or 'FOLDER'}."
            )
        from digit_model.hub.push import push  # its libraries take half a second to import

        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push(Path(folder), repo, private=private, create_pr=create_pr, tag=tag).url

    def logits(self, digits: np.ndarray) -> np.ndarray:
        """Digits as :func:`digit_model.preprocess.preprocess` makes them → float32 (N, 10)."""
        with torch.inference_mode():
            parts = to_inputs(torch.from_numpy(digits)).split(BATCH)
            return torch.cat([self._fused(part) for part in parts]).numpy()
