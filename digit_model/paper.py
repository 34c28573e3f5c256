"""The paper of a picture, where something is to be covered with it."""

import cv2
import numpy as np


def paper_around(rgb: np.ndarray, blank: np.ndarray, reach: int, colour: np.ndarray) -> np.ndarray:
    """The mean of the paper around each pixel, float32 (h, w, 3).

    Args:
        rgb: the picture, uint8 (h, w, 3).
        blank: where there is paper, uint8 (h, w), 1 or 0.
        reach: pixels, how far around is looked.
        colour: RGB, where there is no paper that near.
    """
    side = 2 * reach + 1
    weights = blank[..., None].astype(np.float32)
    shares = cv2.blur(weights, (side, side))[..., None]
    paper = cv2.blur(rgb * weights, (side, side)) / np.maximum(shares, 1e-6)
    return np.asarray(np.where(shares > 0, paper, colour))
