"""The recogniser's answer for one picture."""

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from digit_model.calibration import Calibration
from digit_model.crop import Crop
from digit_model.preprocess import Preprocessed

if TYPE_CHECKING:
    from digit_model.number.reading import NumberReading

Verdict = Literal["digit", "unsure", "several", "not_a_digit", "blank"]
LABELS = tuple("0123456789")


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one picture.

    Attributes:
        verdict: "digit"; "unsure" when the confidence is low; "several" when there is more than one
            digit; "not_a_digit" when the ink doesn't look like a digit; "blank" when there is none.
        label: "0" … "9"; None unless the verdict is "digit" or "unsure".
        probabilities: calibrated, of all ten labels, summing to 1; uniform when blank.
        top_k: the k most probable labels and their probabilities, most probable first.
        confidence: the largest probability.
        digit_score: in [0, 1], how much the ink looks like a digit; 0 when blank.
        model_input: uint8 (28, 28), 255 = ink: the network's input.
        crop: the square of the upright picture that ``model_input`` shows, as left, top, width and
            height in fractions of the picture's width and height; it may extend beyond the picture
            when the ink is near its edge; None when blank.
        number: the digits when there are several, else None. The other attributes are then about
            all the ink, or about the digit that stands out.
    """

    verdict: Verdict
    label: str | None
    probabilities: dict[str, float]
    top_k: list[tuple[str, float]]
    confidence: float
    digit_score: float
    model_input: np.ndarray
    crop: Crop | None
    number: "NumberReading | None" = None

    def as_json(self) -> dict[str, Any]:
        """For the API, which lists the labels under a name of its own."""
        return {
            "label": self.label,
            "verdict": self.verdict,
            "number": self.number and self.number.text,
            "confidence": float(self.confidence),
            "digit_score": float(self.digit_score),
        }

    def as_row(self, top_k: int) -> dict[str, Any]:
        """For a line of JSON, with this many labels."""
        ranking = [{"label": label, "confidence": share} for label, share in self.top_k[:top_k]]
        return {**self.as_json(), "top_k": ranking}


def as_several(prediction: Prediction, number: "NumberReading") -> Prediction:
    """The answer for a picture in which more than one digit was found."""
    return dataclasses.replace(prediction, verdict="several", label=None, number=number)


def to_prediction(
    preprocessed: Preprocessed, logits: np.ndarray, calibration: Calibration, top_k: int
) -> Prediction:
    """Logits (10,) of one preprocessed picture → its :class:`Prediction`."""
    probabilities = calibration.probabilities(logits[None])[0]
    return make_prediction(
        preprocessed,
        probabilities,
        float(calibration.digit_scores(logits[None])[0]),
        not_a_digit_below=calibration.not_a_digit_below,
        unsure_below=calibration.unsure_below,
        top_k=top_k,
    )


def make_prediction(
    preprocessed: Preprocessed,
    probabilities: np.ndarray,
    score: float,
    *,
    not_a_digit_below: float,
    unsure_below: float,
    top_k: int,
) -> Prediction:
    """Probabilities (10,) and digit score of one preprocessed picture → its :class:`Prediction`.

    The thresholds are those of :class:`~digit_model.calibration.Calibration`.
    """
    digit = preprocessed.digit
    if not digit.any():
        probabilities, score = np.full(len(LABELS), 1 / len(LABELS)), 0.0
    order = np.argsort(-probabilities, kind="stable")
    confidence = float(probabilities[order[0]])
    verdict: Verdict = "digit"
    if not digit.any():
        verdict = "blank"
    elif score < not_a_digit_below:
        verdict = "not_a_digit"
    elif confidence < unsure_below:
        verdict = "unsure"
    return Prediction(
        verdict=verdict,
        label=LABELS[order[0]] if verdict in ("digit", "unsure") else None,
        probabilities=dict(zip(LABELS, probabilities.tolist(), strict=True)),
        top_k=[(LABELS[index], float(probabilities[index])) for index in order[:top_k]],
        confidence=confidence,
        digit_score=score,
        model_input=digit,
        crop=preprocessed.crop,
    )
