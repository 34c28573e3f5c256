"""The recogniser: preprocessing, network and calibration together."""

import reprlib
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from digit_model.counterfactual.find import draw_ghosts, first_that_is_read
from digit_model.counterfactual.picture import Counterfactual, Sheet
from digit_model.counterfactual.search import Search
from digit_model.decode import WORK_SIDE, ImageError, ImageInput, decode, decode_with_factor
from digit_model.explanation import (
    draw_attribution,
    integrated_gradients,
    logit_weights,
    smooth_attribution,
)
from digit_model.fusion import fuse
from digit_model.model_folder import (
    DEFAULT_WEIGHTS,
    ModelError,
    copy_report,
    measured_hashes,
)
from digit_model.network import to_inputs
from digit_model.number.reading import NumberReader, NumberReading
from digit_model.number.several import answer_of, is_surely_several, may_be_several, settle
from digit_model.prediction import LABELS, Prediction, to_prediction
from digit_model.preprocess import preprocess_upright
from digit_model.weights import ModelConfig, Networks, load_weights, save_weights

BATCH_SIZE = 32  # digits in one forward pass: their activations fit into the processor's cache


class DigitRecognizer:
    """Reads handwritten digits. Load by :meth:`from_pretrained`; safe to share between threads."""

    def __init__(
        self,
        networks: Networks,
        config: ModelConfig,
        *,
        id: str,
        revision: str | None = None,
    ) -> None:
        self.id = id
        self.revision = revision
        self.folder: Path | None = None  # where the weights were loaded from
        self.notice: str | None = None  # to show to users, such as that the Hub gave no answer
        self.hashes = config.hashes
        self.unseen_writers = config.unseen_writers
        self.calibration = config.calibration
        self.find_ink = fuse(networks.ink).find_ink  # see digit_model.preprocess
        self._config, self._networks = config, networks
        self._fused = fuse(networks.digit)
        self.number_reader = NumberReader(
            self.find_ink,
            fuse(networks.number).find_digits,
            self.logits,
            config.calibration,
            config.number_calibration,
        )

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
            model: a folder with config.json and the tensors, or a repository on the Hub,
                "user/repo" or "user/repo@revision"; :mod:`digit_model.hub.names` says which is
                which. By default the weights that come with this package, which need no network.
            revision: branch, tag or commit on the Hub; its main branch by default.
            local_files_only: use what was downloaded before, without a request to the Hub.

        Raises:
            ModelError: the folder or its files are missing, damaged or don't fit together; or the
                Hub refuses them, or gives no answer and they were never downloaded before.
        """
        from digit_model.hub.names import locate  # doesn't import the Hub's client

        place, notice = locate(DEFAULT_WEIGHTS if model is None else model, revision)
        if isinstance(place, Path):
            folder = place
            recognizer = cls(*load_weights(folder), id=folder.resolve().name)
        else:
            from digit_model.hub.pull import pull, save_ref  # the Hub's client takes half a second

            folder, commit, notice = pull(place, local_files_only=local_files_only)
            recognizer = cls(*load_weights(folder), id=place.repo, revision=commit)
            save_ref(place, commit)
        recognizer.folder, recognizer.notice = folder, notice
        return recognizer

    @property
    def sha256(self) -> str:
        """Of the digit network's weights."""
        return self.hashes.sha256

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
        """Recognise the digit in each picture, in order, with one forward pass per 32 pictures.

        Raises:
            ImageError: one of the pictures can't be read; a note says which.
            ValueError: top_k is not a whole number from 1 to 10, or ``images`` is a single picture.
        """
        _check_top_k(top_k)
        if isinstance(images, str | bytes):
            raise ValueError("predict_batch takes a list of pictures; predict takes one.")
        predictions = []
        for start in range(0, len(images), BATCH_SIZE):  # decoded, each takes up to a megabyte
            decoded = []
            for index, image in enumerate(images[start : start + BATCH_SIZE], start):
                try:
                    decoded.append(decode_with_factor(image, max_side=WORK_SIDE))
                except ImageError as error:
                    error.add_note(f"It is image {index} of the {len(images)}, counted from 0.")
                    raise
            predictions += self._predict_decoded(decoded, top_k)
        return predictions

    def _predict_decoded(
        self, decoded: Sequence[tuple[np.ndarray, int]], top_k: int
    ) -> list[Prediction]:
        """As :meth:`predict_batch`, of pictures and the factors by which they were shrunk."""
        answers = self._predict_alone([picture for picture, _ in decoded], top_k)
        predictions = []
        for (picture, factor), (alone, doubtful) in zip(decoded, answers, strict=True):
            if doubtful:
                reading = self.number_reader.read(picture, top_k)
                reading = settle(reading, alone, picture.shape)
                predictions.append(answer_of(reading.scaled(factor), alone))
            else:
                predictions.append(alone)
        return predictions

    def read_number(self, image: ImageInput, top_k: int = 3) -> NumberReading:
        """Read all digits in one picture: a number, or several lines of them.

        Args:
            image: as in :meth:`predict`.
            top_k: how many labels each digit's prediction lists, 1 to 10.

        Raises:
            ImageError: the picture can't be read.
            ValueError: top_k is not a whole number from 1 to 10.
        """
        _check_top_k(top_k)
        picture, factor = decode_with_factor(image, max_side=WORK_SIDE)
        reading = self.number_reader.read(picture, top_k)
        if not is_surely_several(reading):
            [(alone, _)] = self._predict_alone([picture], top_k)
            reading = settle(reading, alone, picture.shape)
        return reading.scaled(factor)

    def cut_out(self, image: ImageInput, box: Sequence[float]) -> np.ndarray:
        """One digit of a number alone, with paper where others have ink.

        It is a picture for :meth:`explain`, :meth:`counterfactual` or a correction.

        Args:
            image: as in :meth:`predict`.
            box: the digit's, of what :meth:`read_number` returned; of any other box, it is the mark
                whose own box is nearest.

        Returns:
            uint8 RGB (h, w, 3).

        Raises:
            ImageError: the picture can't be read.
            ValueError: nothing is written in it, or the box isn't four numbers.
        """
        try:
            sides = np.asarray(box, np.float64)
        except (TypeError, ValueError, OverflowError):
            sides = np.empty(0)
        if sides.shape != (4,) or not np.isfinite(sides).all():
            raise ValueError("A box has four numbers: left, top, right and bottom.")
        picture, factor = decode_with_factor(image, max_side=WORK_SIDE)
        return self.number_reader.cut_out(picture, sides / factor)

    def _predict_alone(
        self, pictures: Sequence[np.ndarray], top_k: int
    ) -> list[tuple[Prediction, bool]]:
        """As if each picture, uint8 RGB (h, w, 3), had one digit at the most.

        And whether it looks as if it had more.
        """
        preprocessed = [preprocess_upright(picture, self.find_ink) for picture in pictures]
        if not preprocessed:
            return []
        logits = self.logits(np.stack([picture.digit for picture in preprocessed]))
        predictions = [
            to_prediction(picture, row, self.calibration, top_k)
            for picture, row in zip(preprocessed, logits, strict=True)
        ]
        return [
            (prediction, may_be_several(picture, prediction))
            for picture, prediction in zip(preprocessed, predictions, strict=True)
        ]

    def explain(
        self, image: ImageInput, label: str | None = None, *, against: str | None = None
    ) -> np.ndarray:
        """Which ink is evidence for a label and which against it, by integrated gradients.

        See :mod:`digit_model.explanation`.

        Args:
            image: as in :meth:`predict`.
            label: "0" … "9"; by default the most probable one (other than ``against``).
            against: another label, to explain why ``label`` rather than this one; by default
                ``label`` is compared with the mean of all others.

        Returns:
            float32 (28, 28) in [-1, 1] for the pixels of ``Prediction.model_input``: above 0 for
            the label, below 0 against it, scaled so that the strongest pixel is 1 or -1; 0 on
            paper, and all 0 when the picture is blank.

        Raises:
            ImageError: the picture can't be read.
            ValueError: ``label`` or ``against`` is no label, or both are the same.
        """
        return self._evidence(self.predict(image), label, against)

    def draw_explanation(self, image: ImageInput, label: str | None = None) -> np.ndarray:
        """:meth:`explain` as a picture, uint8 RGB (280, 280, 3): ink for the label is blue.

        See :func:`digit_model.explanation.draw_attribution`.

        Raises:
            ImageError: the picture can't be read.
            ValueError: ``label`` is no label.
        """
        prediction = self.predict(image)
        return draw_attribution(self._evidence(prediction, label), prediction.model_input)

    def counterfactual(self, image: ImageInput, toward: str) -> Counterfactual | None:
        """What would make it a 9? The least ink to add or to rub out.

        In strokes of the drawing's own pen and of an eraser, which were drawn into the picture:
        :meth:`predict` reads it then as ``toward``, with the verdict "digit". See
        :mod:`digit_model.counterfactual`.

        Args:
            image: as in :meth:`predict`, with one digit at the most.
            toward: "0" … "9", not what it is read as already.

        Returns:
            None if no small change was found: one of at most half of the digit's ink, by at most
            three strokes.

        Raises:
            ImageError: the picture can't be read.
            ValueError: ``toward`` is no label or is read already; there is no ink in the picture,
                or several digits.
        """
        picture, factor = decode_with_factor(image, max_side=WORK_SIDE)
        found = self._counterfactual(picture, toward)
        return found and found.scaled(factor)

    def draw_counterfactual(self, image: ImageInput, toward: str) -> np.ndarray | None:
        """:meth:`counterfactual` as a picture, uint8 RGB (280, 280, 3): ink to add is blue.

        See :func:`digit_model.counterfactual.find.draw_ghosts`.

        Raises:
            ImageError: the picture can't be read.
            ValueError: as :meth:`counterfactual`.
        """
        found = self._counterfactual(decode(image, max_side=WORK_SIDE), toward)
        return None if found is None else draw_ghosts(found)

    def _counterfactual(self, picture: np.ndarray, toward: str) -> Counterfactual | None:
        """For uint8 RGB (h, w, 3), its longer side at most 640 pixels."""
        _check_label(toward)
        before = self.predict(picture)
        if before.number is not None:
            raise ValueError("This picture has several digits: ask about one at a time.")
        if before.crop is None:
            raise ValueError("There is no ink in this picture to change.")
        if before.verdict == "digit" and before.label == toward:
            raise ValueError(f"It is read as {toward} already.")
        sheet = Sheet(picture, before)
        search = Search(
            self._fused,
            self.logits,
            self.calibration,
            before.model_input,
            toward=LABELS.index(toward),
            tools=sheet.tools,
        )
        return first_that_is_read(search.run(), sheet, self.predict, toward)

    def _evidence(
        self, prediction: Prediction, label: str | None, against: str | None = None
    ) -> np.ndarray:
        """For a label, or the most probable one that isn't ``against``; see :meth:`explain`."""
        for given in (label, against):
            if given is not None:
                _check_label(given)
        if label is None:
            others = (each for each in LABELS if each != against)
            label = max(others, key=prediction.probabilities.__getitem__)
        if label == against:
            raise ValueError(f"Evidence for {label} can't be held against {label} itself.")
        digit = prediction.model_input
        other = None if against is None else LABELS.index(against)
        weights = logit_weights(LABELS.index(label), other)
        attribution = integrated_gradients(self._fused, digit, weights)
        attribution = smooth_attribution(attribution, digit)
        return attribution / max(float(np.abs(attribution).max()), 1e-12)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the weights to a folder that :meth:`from_pretrained` loads, bit for bit the same.

        Metrics, figures and model card are copied along if these weights have them, which those
        that were pulled from the Hub don't: only what recognition needs is downloaded.

        Raises:
            OSError: it can't be written.
        """
        folder = Path(folder).expanduser()
        save_weights(folder, self._networks, self._config)
        if self.folder is not None:
            copy_report(self.folder, folder, self._config.hashes)

    def push_to_hub(
        self, repo: str, *, private: bool = False, create_pr: bool = False, tag: str | None = None
    ) -> str:
        """Upload weights, metrics, figures and model card to the Hub in at most one commit.

        Args:
            repo: "user/repo"; created if it doesn't exist.
            private: make the repository private if it has to be created.
            create_pr: open a pull request instead of a commit to the main branch.
            tag: tag for the commit.

        Returns:
            The URL of the repository, or of the pull request.

        Raises:
            ModelError: these weights have no metrics.json, or the Hub refuses or fails.
        """
        if self.revision is not None:
            raise ModelError(
                f"The weights of {self.id} came without their metrics and model card: download all "
                "of the repository into a folder, and load that."
            )
        if self.folder is None or measured_hashes(self.folder) != self._config.hashes:
            raise ModelError(
                "Nothing has been measured of these weights, and the model card is made of it: "
                f"run python -m digit_model evaluate --model {self.folder or 'FOLDER'}."
            )
        from digit_model.hub.push import push  # the Hub's client takes half a second

        with tempfile.TemporaryDirectory() as folder:
            self.save_pretrained(folder)
            return push(Path(folder), repo, private=private, create_pr=create_pr, tag=tag).url

    def warm_up(self) -> None:
        """Recognise something, so that the first caller doesn't wait for what torch does once."""
        self.predict(np.eye(64) + np.linspace(0, 0.5, 64))  # ink on paper that is not even
        self.logits(np.zeros((BATCH_SIZE, 28, 28), np.uint8))

    def logits(self, digits: np.ndarray) -> np.ndarray:
        """Preprocessed digits, uint8 (N, 28, 28) → float32 (N, 10)."""
        with torch.inference_mode():
            batches = to_inputs(torch.from_numpy(digits)).split(BATCH_SIZE)
            return torch.cat([self._fused(batch) for batch in batches]).numpy()


def _check_label(label: str) -> None:
    """Raise ValueError if there is no such label."""
    if label not in LABELS:
        raise ValueError(f'A label is one of "0" to "9", not {reprlib.repr(label)}.')


def _check_top_k(top_k: int) -> None:
    """Raise ValueError if it is not a whole number from 1 to 10; NumPy's are such, too."""
    is_whole = isinstance(top_k, int | np.integer) and not isinstance(top_k, bool)
    if not is_whole or not 1 <= top_k <= len(LABELS):
        most, shown = len(LABELS), reprlib.repr(top_k)
        raise ValueError(f"top_k must be a whole number from 1 to {most}, not {shown}.")
