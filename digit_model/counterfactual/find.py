"""From what the search found to a changed picture that is read as the other digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from digit_model.counterfactual.picture import Counterfactual, Sheet, square_of
from digit_model.counterfactual.search import Rated
from digit_model.explanation import AGAINST, FOR, SIDE, draw_attribution
from digit_model.pen import draw_stroke
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
                before=sheet.before,
            )
    return None


def draw_ghosts(found: Counterfactual, side: int = SIDE) -> np.ndarray:
    """The strokes over the digit.

    Args:
        found: in pixels of its ``picture``.
        side: of the returned picture, in pixels.

    Returns:
        uint8 RGB (side, side, 3) on white paper: grey ink was there, blue ink is to be added, ink
        under orange to be rubbed out.
    """
    digit = found.before.model_input
    drawn = draw_attribution(np.zeros(digit.shape), digit, side).astype(np.float32)
    left, top, width, _ = square_of(found.before, found.picture)
    scale = side / width
    for strokes, stroke_width, colour in (
        (found.erased, found.eraser_width, AGAINST),
        (found.added, found.pen_width, FOR),
    ):
        covered = np.zeros((side, side), np.uint8)
        for stroke in strokes:
            draw_stroke(covered, scale * (stroke - [left, top]), scale * stroke_width)
        drawn += OPACITY * covered[..., None] / 255 * (np.array(colour) - drawn)
    return np.rint(drawn).astype(np.uint8)
