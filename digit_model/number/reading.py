"""A picture → the number that is written in it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from digit_model.calibration import Calibration
from digit_model.digit import normalize_digit
from digit_model.ink import FindInk
from digit_model.ink.groups import AS_HIGH
from digit_model.number import NO_DIGIT, OTHER
from digit_model.number.calibration import NumberCalibration
from digit_model.number.detect import Detections, FindDigits, find_digits
from digit_model.number.lines import lines_with_others
from digit_model.number.split import split_ink
from digit_model.number.writing import extract_writing
from digit_model.prediction import Prediction, make_prediction
from digit_model.preprocess import Preprocessed

Box = tuple[float, float, float, float]  # left, top, right, bottom

# Geometric mean of a number's confidence over its digits: noise, blots and most letters have less.
LEAST_CONFIDENCE = 0.5
# Of so many digits: letters, noise and blots aren't taken for as many, unless with next to none.
MANY, LEAST_OF_MANY = 8, 0.2
SURE = 0.9  # confidence from which a number's digits count as sure, whatever each is by itself
APART = 0.1  # in a digit's heights: between it and what is beside it
MOST_MARKS = 500  # in one picture: more of them are texture, and would take seconds


@dataclass(frozen=True, eq=False)
class NumberReading:
    """The digits in one picture.

    Attributes:
        text: the digits, line by line, each from left to right; lines joined by a line feed; ""
            when there is none.
        confidence: that all of it is right, in [0, 1], calibrated.
        digits: each mark's box, in pixels of the upright picture, and what it was read as, in the
            order of ``text``; one that is no digit, such as a dash, has the verdict "not_a_digit".
    """

    text: str
    confidence: float
    digits: list[tuple[Box, Prediction]]

    def labelled(self) -> list[tuple[Box, Prediction]]:
        """Those of ``digits`` that are digits, in the order of ``text``."""
        return [(box, digit) for box, digit in self.digits if digit.label is not None]

    def has_several(self, alone: Prediction | None = None) -> bool:
        """Whether there is more than one digit.

        Args:
            alone: the answer for the whole picture, as if it had one digit at the most. If it is
                not sure of one, any two digits are enough; else, or without this answer, they have
                to be sure, each or as a number, and about as high as the highest: a ring and a
                stain are neither. None are that are more likely wrong than right, as in noise,
                blots and letters.
        """
        digits = self.labelled()
        least = LEAST_CONFIDENCE if len(digits) < MANY else LEAST_OF_MANY
        if self.confidence < least ** len(digits):
            return False
        if alone is None or alone.verdict == "digit":
            highest = max((box[3] - box[1] for box, _ in digits), default=0.0)
            digits = [
                (box, digit)
                for box, digit in digits
                if (digit.verdict == "digit" or self.confidence >= SURE)
                and box[3] - box[1] >= AS_HIGH * highest
            ]
        return len(digits) > 1

    def has_one_apart(self) -> bool:
        """Whether one digit stands apart from other marks, as in "5 km".

        Those of one letter overlap each other, or nearly touch.
        """
        digits = self.labelled()
        if len(digits) != 1 or len(self.digits) == 1 or self.confidence < SURE:
            return False
        [(box, digit)] = digits
        gap = APART * (box[3] - box[1])
        others = [other for other, each in self.digits if each is not digit]
        return digit.verdict == "digit" and all(
            other[0] > box[2] + gap or other[2] < box[0] - gap for other in others
        )

    def is_within(self, alone: Prediction, shape: tuple[int, ...]) -> bool:
        """Whether its digits lie in what ``alone``, for a whole picture of this shape, is about."""
        left, top, right, bottom = _square_of(alone, shape)
        middles = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box, _ in self.labelled()]
        return all(left <= x <= right and top <= y <= bottom for x, y in middles)

    def of_one_digit(self, alone: Prediction, shape: tuple[int, ...]) -> "NumberReading":
        """The answer for the whole picture of this shape, as if it had one digit, for this one."""
        if alone.crop is None:
            return NumberReading("", 1.0, [])
        square = _square_of(alone, shape)
        boxes = [box for box, _ in self.labelled()]
        box = max(boxes, key=lambda box: box[3] - box[1], default=square)
        number = self.confidence ** (1 / len(boxes)) if len(boxes) > 1 else 0.0
        confidence = alone.confidence if alone.label else (1 - alone.digit_score) * (1 - number)
        return NumberReading(alone.label or "", confidence, [(box, alone)])

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
        return NumberReading(self.text, self.confidence, digits)


def _square_of(alone: Prediction, shape: tuple[int, ...]) -> Box:
    """What an answer for a picture of this shape is about, in its pixels; empty without ink."""
    left, top, width, height = alone.crop or (0.0, 0.0, 0.0, 0.0)
    rows, columns = shape[:2]
    return left * columns, top * rows, (left + width) * columns, (top + height) * rows


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
        found, inputs, logits = self.find(rgb)
        if not inputs:
            return NumberReading("", 1.0, [])
        return self._assemble(found, inputs, logits, top_k)

    def find(self, rgb: np.ndarray) -> tuple[Detections, list[Preprocessed], np.ndarray]:
        """What both networks say of each mark in a picture, before it is made one answer.

        Returns:
            The marks, their boxes in pixels of the picture; each one's ink as the digit network
            sees it; and that network's logits, float32 (n, 10).
        """
        ink, (left, top, width, height), _ = extract_writing(rgb, self.find_ink)
        found = find_digits(ink, self.find_digits)
        if not 0 < len(found.boxes) <= MOST_MARKS:
            return Detections.none(), [], np.zeros((0, 10), np.float32)
        rows, columns = rgb.shape[:2]
        scale = width * columns / ink.shape[1], height * rows / ink.shape[0]
        corner = left * columns, top * rows
        pieces = split_ink(ink, found.boxes)
        inputs = []
        for piece, start in pieces:
            digit, placement = normalize_digit(piece)
            crop = None
            if placement is not None:
                x, y, side = placement.crop
                crop = (
                    (corner[0] + (start[0] + x) * scale[0]) / columns,
                    (corner[1] + (start[1] + y) * scale[1]) / rows,
                    side * scale[0] / columns,
                    side * scale[1] / rows,
                )
            inputs.append(Preprocessed(digit, crop))
        boxes = found.boxes * np.tile(scale, 2) + np.tile(corner, 2)
        logits = self.logits(np.stack([each.digit for each in inputs]))
        return found._replace(boxes=boxes), inputs, logits

    def _assemble(
        self, found: Detections, inputs: list[Preprocessed], logits: np.ndarray, top_k: int
    ) -> NumberReading:
        probabilities = self.number_calibration.probabilities(found, logits)
        is_digit = found.classes[:, OTHER] < NO_DIGIT
        predictions = [
            make_prediction(
                preprocessed,
                shares,
                1 - float(other),
                not_a_digit_below=NO_DIGIT,
                unsure_below=self.calibration.unsure_below,
                top_k=top_k,
            )
            for preprocessed, shares, other in zip(
                inputs, probabilities, found.classes[:, OTHER], strict=True
            )
        ]
        lines = lines_with_others(found.boxes, is_digit)
        text = "\n".join(
            "".join(predictions[index].label or "" for index in line) for line in lines
        ).strip("\n")
        best = probabilities[is_digit].max(axis=1)
        confidence = self.number_calibration.confidence(best, found)
        digits = [
            (tuple(found.boxes[index].tolist()), predictions[index])
            for line in lines
            for index in line
        ]
        return NumberReading(text, confidence, digits)
