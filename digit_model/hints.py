"""Why a picture was refused, where that can be told: it lies on its side, or is only shadow.

A hint costs three more readings, so it is asked for only after a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import cv2
import numpy as np

from digit_model.prediction import Prediction

QUARTER_TURNS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}
SURE_NUMBER = 0.87  # confidence: texts and signs on their side may look like digits
LEAST_READ = 2 / 3  # of the marks: upside down, half of a number may look like another one
SHADOW_SIDE = 16  # pixels, side of the picture in which only light and shadow are left
SHADOW_RANGE = 40.0  # grey levels between its brightest and darkest twentieth: more is a shadow


class Hint(NamedTuple):
    """What a visitor may do about a refusal, or know.

    Attributes:
        kind: "turn": turned, it would be a digit or a number; "shadow": there is only light.
        degrees: clockwise, by which to turn it: 90, 180 or 270; else 0.
        label: the digit or the number that it would be, on one line; else None.
    """

    kind: Literal["turn", "shadow"]
    degrees: int = 0
    label: str | None = None


def hint_for(
    predict_batch: Callable[[list[np.ndarray]], list[Prediction]],
    picture: np.ndarray,
    verdict: str,
) -> Hint | None:
    """A hint for a picture that was refused; None if there is none.

    Args:
        predict_batch: as `DigitRecognizer.predict_batch`.
        picture: upright as far as its file says, uint8 RGB (h, w, 3).
        verdict: as which it was read: "not_a_digit" or "blank".
    """
    if verdict == "blank":
        return Hint("shadow") if _is_unevenly_lit(picture) else None
    turned = predict_batch([cv2.rotate(picture, turn) for turn in QUARTER_TURNS.values()])
    read = [
        (*answer, degrees)
        for degrees, prediction in zip(QUARTER_TURNS, turned, strict=True)
        if (answer := _sure_answer(prediction)) is not None
    ]
    if not read:
        return None
    _, _, label, degrees = max(read)
    return Hint("turn", degrees, label)


def _sure_answer(prediction: Prediction) -> tuple[int, float, str] | None:
    """How many digits were read, how surely, and which; None if it isn't sure."""
    if number := prediction.number:
        read, sure = len(number.labelled()), number.confidence
        is_sure = sure >= SURE_NUMBER and read >= LEAST_READ * len(number.digits)
        return (read, sure, number.one_line) if is_sure else None
    if prediction.verdict != "digit" or prediction.label is None:
        return None
    return 1, prediction.confidence, prediction.label


def _is_unevenly_lit(picture: np.ndarray) -> bool:
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (SHADOW_SIDE, SHADOW_SIDE), interpolation=cv2.INTER_AREA)
    dark, bright = np.percentile(small, [5, 95])
    return bool(bright - dark > SHADOW_RANGE)
