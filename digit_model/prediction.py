"""What the recogniser says of one picture."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from digit_model.calibration import Calibration
from digit_model.preprocess import Crop, Preprocessed

Verdict = Literal["digit", "unsure", "not_a_digit", "blank"]
LABELS = tuple("0123456789")


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one picture.

    Attributes:
        verdict: "digit"; "unsure" when the confidence is low; "not_a_digit" when the ink doesn't
            look like any; "blank" when there is none.
        label: "0" … "9"; None when the verdict is "not_a_digit" or "blank".
        probabilities: calibrated, of all ten labels, summing to 1; uniform when blank.
        top_k: the k most probable labels and their probabilities, best first.
        confidence: the largest probability.
        digit_score: in [0, 1], how digit-like the ink is; 0 when blank.
        model_input: uint8 (28, 28), 255 = ink: exactly what the network saw.
        crop: the square of the upright picture that was read, as left, top, width and height in
            fractions of its width and height; it reaches beyond the picture where the ink lies at
            the edge; None when blank.
    """

    verdict: Verdict
    label: str | None
    probabilities: dict[str, float]
    top_k: list[tuple[str, float]]
    confidence: float
    digit_score: float
    model_input: np.ndarray
    crop: Crop | None


def to_prediction(
    preprocessed: Preprocessed, logits: np.ndarray, calibration: Calibration, top_k: int
) -> Prediction:
    """Logits (10,) of one preprocessed picture → its :class:`Prediction`."""
    digit, crop = preprocessed
    if digit.any():
        values = calibration.probabilities(logits[None])[0]
        score = float(calibration.digit_scores(logits[None])[0])
    else:
        values, score = np.full(len(LABELS), 1 / len(LABELS)), 0.0
    order = np.argsort(-values, kind="stable")
    confidence = float(values[order[0]])
    verdict: Verdict = "digit"
    if not digit.any():
        verdict = "blank"
    elif score < calibration.not_a_digit_below:
        verdict = "not_a_digit"
    elif confidence < calibration.unsure_below:
        verdict = "unsure"
    return Prediction(
        verdict=verdict,
        label=LABELS[order[0]] if verdict in ("digit", "unsure") else None,
        probabilities={label: float(value) for label, value in zip(LABELS, values, strict=True)},
        top_k=[(LABELS[index], float(values[index])) for index in order[:top_k]],
        confidence=confidence,
        digit_score=score,
        model_input=digit,
        crop=crop,
    )
