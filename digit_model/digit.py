"""Ink → the 28×28 digit that the network sees, laid out as in MNIST (LeCun et al., 1998).

The ink's longer side becomes 20 pixels and its centre of mass moves to the middle of the image, to
the nearest pixel. One anti-aliased resampling does both. This module doesn't import torch.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from digit_model.ink.marks import mark_mask

SIZE = 28  # pixels, side of the network's input
BOX = 20  # pixels, the longer side of the ink in it
# MNIST's centre of mass, in pixels from the image's edge: the middle of pixel 14. Measured on its
# 60,000 training images: 14.0 ± 0.3 in pixel indices, on both axes.
CENTRE = 14.5
FILTER_RADIUS = 2  # output pixels, half the width of the bicubic filter


@dataclass(frozen=True)
class Placement:
    """How ink is scaled and moved to the network's input.

    Attributes:
        box: bounding box of the ink, in pixels of the ink array: left, top, width, height.
        scale: pixels of the ink array per pixel of the input.
        x, y: the pixel of the input where the box's top left corner goes.
    """

    box: tuple[int, int, int, int]
    scale: float
    x: int
    y: int

    @property
    def square(self) -> tuple[float, float, float]:
        """The square that the input shows: left, top, side, in pixels of the ink array."""
        left, top, _, _ = self.box
        return left - self.x * self.scale, top - self.y * self.scale, SIZE * self.scale


def find_placement(ink: np.ndarray) -> Placement | None:
    """The placement of ink, float32 (h, w) in [0, 1]; None when there is no ink."""
    left, top, width, height = cv2.boundingRect(mark_mask(ink))
    if width == 0:
        return None
    cropped = ink[top : top + height, left : left + width]
    scale = max(width, height) / BOX
    # Whole pixels only, so that an image that is already laid out like this stays unchanged.
    x = round(CENTRE - _centre_of_mass(cropped.sum(axis=0)) / scale)
    y = round(CENTRE - _centre_of_mass(cropped.sum(axis=1)) / scale)
    return Placement((left, top, width, height), scale, x, y)


def normalize_digit(ink: np.ndarray) -> tuple[np.ndarray, Placement | None]:
    """Crop, scale and centre the ink.

    Args:
        ink: float32 (h, w) in [0, 1], 1 = ink.

    Returns:
        uint8 (28, 28), 255 = ink, and the placement of the ink in it; all zero and None when there
        is no ink.
    """
    placement = find_placement(ink)
    if placement is None:
        return np.zeros((SIZE, SIZE), np.uint8), None
    left, top, width, height = placement.box
    cropped = ink[top : top + height, left : left + width]
    scale = placement.scale
    # Pad by the filter's radius, and up to whole output pixels.
    columns, rows = (int(np.ceil(side / scale)) + 2 * FILTER_RADIUS for side in (width, height))
    margin = int(np.ceil((FILTER_RADIUS + 1) * scale))
    padded = cv2.copyMakeBorder(
        cropped, margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=0.0
    )
    start = margin - FILTER_RADIUS * scale
    source_box = (start, start, start + columns * scale, start + rows * scale)
    # reducing_gap: large ink is first averaged down by a whole factor, which is faster.
    resized = Image.fromarray(padded).resize(
        (columns, rows), Image.Resampling.BICUBIC, box=source_box, reducing_gap=2.0
    )
    digit = _paste(np.asarray(resized), placement.x - FILTER_RADIUS, placement.y - FILTER_RADIUS)
    # A thin line turns grey when it is shrunk; scale its strongest ink back to 255.
    return np.clip(np.rint(digit * (255.0 / digit.max())), 0, 255).astype(np.uint8), placement


def _paste(patch: np.ndarray, x: int, y: int) -> np.ndarray:
    """The patch on an empty 28×28 image, its top left corner at (x, y), clipped to the image."""
    image = np.zeros((SIZE, SIZE), np.float32)
    top, left = max(0, y), max(0, x)
    patch = patch[top - y : SIZE - y, left - x : SIZE - x]
    image[top : top + patch.shape[0], left : left + patch.shape[1]] = patch
    return image


def _centre_of_mass(profile: np.ndarray) -> float:
    """Of a 1D profile, in pixels from its start; the first pixel's middle is at 0.5."""
    return float(np.average(np.arange(profile.size) + 0.5, weights=profile))
