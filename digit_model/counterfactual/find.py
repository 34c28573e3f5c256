"""From what the search found to a changed picture that is read as the other digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from digit_model.counterfactual.picture import Counterfactual, Sheet, draw_stroke
from digit_model.counterfactual.search import Rated
from digit_model.explanation import AGAINST, FOR, SIDE, draw_attribution
from digit_model.prediction import Prediction

TRIED = 4  # changes that are drawn and read
OPACITY = 0.65  # of the strokes over the digit


def first_that_is_read(
    found: Rated, sheet: Sheet, predict: Callable[[np.ndarray], Prediction], toward: str
) -> Counterfactual | None:
    """Draw changes into the picture and read it, until it is surely the other digit.

    The network was asked about the 28×28 digit with the strokes in it. In the picture, the crop and
    the ink may come out otherwise; each change that is tried is surer than the one before.
    """
    for index in range(len(tried := found.surer(TRIED))):
        one = tried.take([index])
        picture = sheet.draw(one.changes)
        prediction = predict(picture)
        if prediction.verdict == "digit" and prediction.label == toward:
            return Counterfactual(
                added=sheet.polylines(one.changes, erases=False),
                pen_width=sheet.scale * sheet.tools.pen,
                erased=sheet.polylines(one.changes, erases=True),
                eraser_width=sheet.scale * sheet.tools.eraser,
                share=float(one.share[0]),
                picture=picture,
                prediction=prediction,
            )
    return None


def draw_ghosts(found: Counterfactual, before: Prediction, side: int = SIDE) -> np.ndarray:
    """The strokes over the digit.

    Args:
        found: in pixels of its ``picture``.
        before: the prediction of the picture that was changed.
        side: of the returned picture, in pixels.

    Returns:
        uint8 RGB (side, side, 3) on white paper: grey ink was there, blue ink is to be added, ink
        under orange to be rubbed out.
    """
    digit = before.model_input
    drawn = draw_attribution(np.zeros(digit.shape, np.float32), digit, side).astype(np.float32)
    rows, columns = found.picture.shape[:2]
    left, top, width, height = np.array(before.crop) * [columns, rows, columns, rows]
    for strokes, pen, colour in (
        (found.erased, found.eraser_width, AGAINST),
        (found.added, found.pen_width, FOR),
    ):
        covered = np.zeros((side, side), np.uint8)
        for stroke in strokes:
            draw_stroke(
                covered, (stroke - [left, top]) * side / [width, height], pen * side / width
            )
        drawn += OPACITY * covered[..., None] / 255 * (np.array(colour) - drawn)
    return np.rint(drawn).astype(np.uint8)
