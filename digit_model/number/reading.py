"""A picture → the number that is written in it."""

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from digit_model.calibration import Calibration
from digit_model.crop import boxes_in_picture
from digit_model.ink import FindInk, Ink
from digit_model.number import MOST_MARKS, OTHER
from digit_model.number.calibration import NumberCalibration
from digit_model.number.cut_out import cut_out
from digit_model.number.detect import Detections, FindDigits, find_digits
from digit_model.number.lines import lines_with_others
from digit_model.number.split import Piece, clearance, split_ink
from digit_model.number.writing import extract_writing
from digit_model.prediction import Prediction, make_prediction
from digit_model.preprocess import Preprocessed, lay_out

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, eq=False)
class NumberReading:
    """The digits in one picture.

    Attributes:
        text: the digits, line by line, each from left to right; lines joined by a line feed; ""
            when there is none.
        confidence: that all of it is right, in [0, 1], calibrated.
        digits: each mark's box, in pixels of the upright picture, and what it was read as, in the
            order of ``text``; one that is no digit, such as a dash, has the verdict "not_a_digit".
        clearance: how far the ink of the only digit is from that of the nearest other mark, in the
            digit's heights; infinite if there are no others, or not one digit.
    """

    text: str
    confidence: float
    digits: list[tuple[Box, Prediction]]
    clearance: float = float("inf")

    @property
    def one_line(self) -> str:
        """``text``, its lines joined by a slash."""
        return " / ".join(self.text.splitlines())

    def labelled(self) -> list[tuple[Box, Prediction]]:
        """Those of ``digits`` that are digits, in the order of ``text``."""
        return [(box, digit) for box, digit in self.digits if digit.label is not None]

    def as_json(self) -> dict[str, Any]:
        """For `/read_number` and the command line; the boxes' sides to a tenth of a pixel."""
        return {
            "text": self.text,
            "confidence": float(self.confidence),
            "digits": [
                {
                    "label": digit.label,
                    "confidence": float(digit.confidence),
                    "verdict": digit.verdict,
                    "box": [round(side, 1) for side in box],
                }
                for box, digit in self.digits
            ],
        }

    def scaled(self, factor: float) -> "NumberReading":
        """For a picture that is larger by this factor."""
        digits = [
            ((left * factor, top * factor, right * factor, bottom * factor), prediction)
            for (left, top, right, bottom), prediction in self.digits
        ]
        return dataclasses.replace(self, digits=digits)


class Marks(NamedTuple):
    """What both networks say of each of n marks in a picture, before it is made one answer.

    Attributes:
        found: the marks, their boxes in pixels of the picture.
        inputs: each one's ink as the digit network sees it.
        logits: that network's, float32 (n, 10).
        clearance: as :attr:`NumberReading.clearance`.
    """

    found: Detections
    inputs: list[Preprocessed]
    logits: np.ndarray
    clearance: float = float("inf")


@dataclass(frozen=True)
class NumberReader:
    """Reads numbers with three networks: one finds the ink, one the digits, one tells them apart.

    Attributes:
        find_ink: see :func:`digit_model.ink.extract_ink`.
        find_digits: see :meth:`digit_model.number_network.NumberNetwork.find_digits`.
        logits: the digit network: uint8 (N, 28, 28) → float32 (N, 10).
        calibration, number_calibration: of the digit network and of numbers.
    """

    find_ink: FindInk
    find_digits: FindDigits
    logits: Callable[[np.ndarray], np.ndarray]
    calibration: Calibration
    number_calibration: NumberCalibration

    def read(self, rgb: np.ndarray, top_k: int = 3) -> NumberReading:
        """Read an upright picture, uint8 RGB (h, w, 3), its longer side at most 640 pixels."""
        marks = self.find(rgb)
        return self._assemble(marks, top_k) if marks.inputs else NumberReading("", 1.0, [])

    def find(self, rgb: np.ndarray) -> Marks:
        """What both networks say of each mark in a picture."""
        written = extract_writing(rgb, self.find_ink)
        found = self._find_marks(written)
        if not len(found.boxes):
            return Marks(found, [], np.zeros((0, 10), np.float32))
        pieces = split_ink(written.pixels, found.boxes)
        inputs = [lay_out(piece, corner, written) for piece, corner in pieces]
        logits = self.logits(np.stack([each.digit for each in inputs]))
        in_pixels = found._replace(boxes=_in_pixels(written, found, rgb))
        apart = _clearance(pieces, found, written.pixels.shape)
        return Marks(in_pixels, inputs, logits, apart)

    def cut_out(self, rgb: np.ndarray, box: np.ndarray) -> np.ndarray:
        """The mark whose box is nearest to this one alone, with paper where others have ink.

        Args:
            rgb: as in :meth:`read`.
            box: (4,), a digit's, in pixels of the picture.

        Returns:
            uint8 RGB (h, w, 3).

        Raises:
            ValueError: nothing is written in the picture.
        """
        written = extract_writing(rgb, self.find_ink)
        found = self._find_marks(written)
        if not len(found.boxes):
            raise ValueError("Nothing is written in this picture.")
        distances = np.abs(_in_pixels(written, found, rgb) - box).sum(axis=1)
        return cut_out(rgb, written, found.boxes, int(distances.argmin()))

    def _find_marks(self, written: Ink) -> Detections:
        """None if there are so many that it must be texture; in pixels of the ink."""
        found = find_digits(written.pixels, self.find_digits)
        return found if len(found.boxes) <= MOST_MARKS else Detections.none()

    def _assemble(self, marks: Marks, top_k: int) -> NumberReading:
        found, inputs, logits, apart = marks
        probabilities = self.number_calibration.probabilities(found, logits)
        predictions = [
            make_prediction(
                preprocessed,
                shares,
                1 - float(other),
                not_a_digit_below=1 - float(limit),
                unsure_below=self.calibration.unsure_below,
                top_k=top_k,
            )
            for preprocessed, shares, other, limit in zip(
                inputs, probabilities, found.classes[:, OTHER], found.limits, strict=True
            )
        ]
        lines = lines_with_others(found.boxes, found.is_digit)
        text = "\n".join(
            "".join(predictions[index].label or "" for index in line) for line in lines
        ).strip("\n")
        confidence = self.number_calibration.confidence(probabilities, found)
        digits = [
            (tuple(found.boxes[index].tolist()), predictions[index])
            for line in lines
            for index in line
        ]
        return NumberReading(text, confidence, digits, apart)


def _clearance(pieces: Sequence[Piece], found: Detections, shape: tuple[int, ...]) -> float:
    """:attr:`NumberReading.clearance`, of marks in ink of this shape."""
    digits = np.flatnonzero(found.is_digit)
    if len(digits) != 1:
        return float("inf")
    _, top, _, bottom = found.boxes[digits[0]]
    return clearance(pieces, int(digits[0]), shape) / float(bottom - top)


def _in_pixels(written: Ink, found: Detections, rgb: np.ndarray) -> np.ndarray:
    """The boxes of what was found in ink, in pixels of the picture, within it: float32 (n, 4)."""
    boxes = boxes_in_picture(found.boxes, written.pixels.shape, written.window)
    return (boxes.clip(0, 1) * np.tile(rgb.shape[1::-1], 2)).astype(np.float32)
