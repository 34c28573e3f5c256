"""Ink → the 28×28 digit that the network sees, laid out as in MNIST (LeCun et al., 1998).

The ink's longer side becomes 20 pixels and its centre of mass goes to the middle of the image, to
the nearest pixel; one anti-aliased resampling does both. Knows nothing of torch.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from digit_model.ink.marks import mark_mask

SIZE = 28  # pixels, side of the network's input
BOX = 20  # pixels, the longer side of the ink in it
# Where MNIST puts the centre of mass, in pixels from the image's edge: the middle of pixel 14, as
# the mean over its 60,000 training images shows (14.0 ± 0.3 in pixel indices, both ways).
CENTRE = 14.5
REACH = 2  # output pixels, half the width of the bicubic filter


@dataclass(frozen=True)
class Placement:
    """Where ink goes on the network's input.

    Attributes:
        box: of the ink, in its own pixels: left, top, width, height.
        scale: pixels of the ink per pixel of the input.
        x, y: the pixel of the input where the box's corner goes.
    """

    box: tuple[int, int, int, int]
    scale: float
    x: int
    y: int

    @property
    def crop(self) -> tuple[float, float, float]:
        """The square of ink that the input shows: left, top, side, in pixels of the ink."""
        left, top, _, _ = self.box
        return left - self.x * self.scale, top - self.y * self.scale, SIZE * self.scale


def find_placement(ink: np.ndarray) -> Placement | None:
    """Where the ink, float32 (h, w) in [0, 1], is to go; None when there is none."""
    left, top, width, height = cv2.boundingRect(mark_mask(ink))
    if width == 0:
        return None
    cut = ink[top : top + height, left : left + width]
    scale = max(width, height) / BOX
    # Where the cut's corner goes in the output: whole pixels only, so that an image already laid
    # out like this comes back untouched.
    x = round(CENTRE - _centre(cut.sum(axis=0)) / scale)
    y = round(CENTRE - _centre(cut.sum(axis=1)) / scale)
    return Placement((left, top, width, height), scale, x, y)


def normalize_digit(ink: np.ndarray) -> tuple[np.ndarray, Placement | None]:
    """Cut out, scale and centre the ink.

    Args:
        ink: float32 (h, w) in [0, 1], 1 = ink.

    Returns:
        uint8 (28, 28), 255 = ink, and how the ink came to lie in it; all zero and None when there
        is no ink.
    """
    placement = find_placement(ink)
    if placement is None:
        return np.zeros((SIZE, SIZE), np.uint8), None
    left, top, width, height = placement.box
    cut = ink[top : top + height, left : left + width]
    scale = placement.scale
    # Enough paper around the cut for the filter's reach, and up to whole output pixels.
    columns, rows = (int(np.ceil(side / scale)) + 2 * REACH for side in (width, height))
    margin = int(np.ceil((REACH + 1) * scale))
    sheet = cv2.copyMakeBorder(cut, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0.0)
    start = margin - REACH * scale
    source = (start, start, start + columns * scale, start + rows * scale)
    # Large ink is first averaged down by a whole factor, to no less than twice the size wanted.
    picture = Image.fromarray(sheet).resize(
        (columns, rows), Image.Resampling.BICUBIC, box=source, reducing_gap=2.0
    )
    digit = _paste(np.asarray(picture), placement.x - REACH, placement.y - REACH)
    # A hairline averages to grey when it is shrunk; the network should see ink as ink.
    return np.clip(np.rint(digit * (255.0 / digit.max())), 0, 255).astype(np.uint8), placement


def _paste(patch: np.ndarray, x: int, y: int) -> np.ndarray:
    """The patch on an empty image with its corner at (x, y); what lies outside is cut off."""
    image = np.zeros((SIZE, SIZE), np.float32)
    top, left = max(0, y), max(0, x)
    patch = patch[top - y : SIZE - y, left - x : SIZE - x]
    image[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    return image


def _centre(profile: np.ndarray) -> float:
    """Centre of mass of a profile, in pixels from its start; a pixel's middle lies at + 0.5."""
    return float(np.average(np.arange(profile.size) + 0.5, weights=profile))
