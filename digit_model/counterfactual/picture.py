"""A counterfactual in the picture itself: its ink, its paper, its pen, and the strokes in them."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from digit_model.counterfactual.strokes import Changes, Tools, curves
from digit_model.digit import SIZE
from digit_model.paper import paper_around
from digit_model.pen import draw_stroke
from digit_model.prediction import Prediction

INKED, NEAR_INK = 0.8, 0.1  # in [0, 1]: surely ink, and what may be its soft edge
THINNEST = 1.3  # pixels of the 28×28 digit: thinner pens are grey there, but as wide
PAPER_REACH = 0.2  # of the square's side: how far around it paper is looked at


@dataclass(frozen=True, eq=False)
class Counterfactual:
    """The least ink to add or to rub out so that another digit is read.

    Lengths are in pixels of the upright picture.

    Attributes:
        added: strokes of the pen, each float32 (k, 2): x and y along it.
        pen_width: the drawing's own.
        erased: strokes of an eraser, likewise.
        eraser_width: a little more than the pen's.
        share: of the ink, added and rubbed out, as a fraction of the digit's.
        picture: uint8 RGB (h, w, 3), the changed picture, its longer side at most 640 pixels.
        prediction: of the changed picture; its verdict is "digit".
        before: the prediction of the picture as it was.
    """

    added: list[np.ndarray]
    pen_width: float
    erased: list[np.ndarray]
    eraser_width: float
    share: float
    picture: np.ndarray
    prediction: Prediction
    before: Prediction

    def scaled(self, factor: float) -> Counterfactual:
        """For the picture before it was shrunk by this factor."""
        return dataclasses.replace(
            self,
            added=[factor * stroke for stroke in self.added],
            pen_width=factor * self.pen_width,
            erased=[factor * stroke for stroke in self.erased],
            eraser_width=factor * self.eraser_width,
        )


class Sheet:
    """The picture that a digit was read in, to draw on.

    Attributes:
        picture: uint8 RGB (h, w, 3).
        before: its prediction.
        scale: its pixels for one of the 28×28 digit.
    """

    def __init__(self, picture: np.ndarray, before: Prediction) -> None:
        """Args are the picture, uint8 RGB (h, w, 3), and its prediction, which isn't blank."""
        self.picture, self.before = picture, before
        left, top, side, _ = square_of(before, picture)
        self._corner, self.scale = np.array([left, top]), side / SIZE
        self._ink = self._enlarged(before.model_input.astype(np.float32) / 255)

    @cached_property
    def tools(self) -> Tools:
        """A pen as wide as the one that wrote the digit."""
        colours = self.picture.astype(np.float32)
        contrast = self._ink_colour - self._paper_colour
        darkness = (colours - self._paper_colour) @ contrast / max(contrast @ contrast, 1e-6)
        marks = ((darkness > 0.5) & (self._ink > NEAR_INK)).astype(np.uint8)
        depth = cv2.distanceTransform(marks, cv2.DIST_L2, 5)[marks == 1]
        # In a stroke, the mean distance from its edge is a quarter of its width; pixels of the edge
        # have the distance 1.
        pixels = 4 * (float(depth.mean()) - 0.5) if depth.size else 0.0
        return Tools(max(pixels / self.scale, THINNEST))

    def polylines(self, changes: Changes, *, erases: bool) -> list[np.ndarray]:
        """The pen's or the eraser's strokes of the first change, in pixels of the picture."""
        controls = changes.controls[0][changes.erases[0] == erases]
        return [
            (self._corner + self.scale * points).astype(np.float32) for points in curves(controls)
        ]

    def draw(self, changes: Changes) -> np.ndarray:
        """The picture after the first of the changes, uint8 RGB of the same shape."""
        drawn = self.picture.astype(np.float32)
        for erases, colour, width in (
            (True, self._paper(), self.tools.eraser),
            (False, self._ink_colour, self.tools.pen),
        ):
            covered = np.zeros(drawn.shape[:2], np.uint8)
            for stroke in self.polylines(changes, erases=erases):
                draw_stroke(covered, stroke, self.scale * width)
            drawn += covered[..., None] / np.float32(255) * (colour - drawn)
        return np.rint(drawn).astype(np.uint8)

    def _enlarged(self, image: np.ndarray) -> np.ndarray:
        """float32 (28, 28) → (h, w), where the digit is in the picture."""
        # Between the middles of pixels, which are half a pixel from their corners.
        shift = self._corner + 0.5 * self.scale - 0.5
        matrix = np.array([[self.scale, 0, shift[0]], [0, self.scale, shift[1]]])
        rows, columns = self.picture.shape[:2]
        return np.asarray(cv2.warpAffine(image, matrix, (columns, rows), flags=cv2.INTER_LINEAR))

    @cached_property
    def _ink_colour(self) -> np.ndarray:
        return np.median(self.picture[self._ink >= min(INKED, self._ink.max())], axis=0)

    @cached_property
    def _blank(self) -> np.ndarray:
        """Where there is paper, uint8 (h, w), 1 or 0: far enough from the ink."""
        side = max(3, round(2 * self.scale))
        return 1 - cv2.dilate((self._ink > NEAR_INK).astype(np.uint8), np.ones((side, side)))

    @cached_property
    def _paper_colour(self) -> np.ndarray:
        """Of the paper in the square, RGB."""
        square = self._enlarged(np.ones((SIZE, SIZE), np.float32)) > 0
        blank = self.picture[square & (self._blank == 1)]
        return np.median(
            blank if len(blank) else self.picture[self._ink == self._ink.min()], axis=0
        )

    def _paper(self) -> np.ndarray:
        """What the eraser leaves, float32 (h, w, 3): the mean of the paper around."""
        reach = round(PAPER_REACH * SIZE * self.scale)
        return paper_around(self.picture, self._blank, reach, self._paper_colour)


def square_of(prediction: Prediction, picture: np.ndarray) -> tuple[float, float, float, float]:
    """Left, top, width and height of what was read, in pixels of the picture (h, w, 3)."""
    assert prediction.crop is not None
    left, top, width, height = prediction.crop
    rows, columns = picture.shape[:2]
    return left * columns, top * rows, width * columns, height * rows
