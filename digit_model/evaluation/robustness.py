"""Six corruptions that nothing was developed against: what a picture may also go through.

Training, preprocessing and thresholds know MNIST-C's corruptions, so that figure says little about
others. These six were written down when those were done, with strengths at which people still read
the drawings, and nothing is ever to be chosen by them: one figure, of concentric waves, was looked
at beside others when the ink network was chosen. Three are from ImageNet-C-bar (Mintun, Kirillov
and Xie, 2021, arXiv:2102.11273), a set made to be unlike what networks are trained on, one is from
ImageNet-C (Hendrycks and Dietterich, 2019, arXiv:1903.12261); two are our own.
"""

import cv2
import numpy as np

from digit_model.evaluation.corruptions import CENTRE, SIZE, Corruption

ROWS, COLUMNS = np.mgrid[:SIZE, :SIZE].astype(float)


def _pixelate(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Squares of their mean grey: 11 of them across the image, from ImageNet-C."""
    small = cv2.resize(ink, (11, 11), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (SIZE, SIZE), interpolation=cv2.INTER_NEAREST)


def _checkerboard(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Every other square of a chessboard of 3 pixels is paper, from ImageNet-C-bar."""
    row, column = rng.integers(0, 6, size=2)
    squares = ((ROWS + row) // 3 + (COLUMNS + column) // 3) % 2
    return ink * squares


def _concentric_waves(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Rings of light around any point, 7 pixels from one to the next, from ImageNet-C-bar."""
    row, column = rng.uniform(0, SIZE, size=2)
    distance = np.hypot(ROWS - row, COLUMNS - column)
    phase = rng.uniform(0, 2 * np.pi)
    return ink + 0.25 * (1 + np.sin(2 * np.pi * distance / 7 + phase))


def _sparkles(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Eight stars of four rays, 1.5 to 4 pixels long, from ImageNet-C-bar."""
    for row, column, length in zip(
        rng.uniform(0, SIZE, 8), rng.uniform(0, SIZE, 8), rng.uniform(1.5, 4, 8), strict=True
    ):
        down, across = np.abs(ROWS - row), np.abs(COLUMNS - column)
        for along, beside in ((down, across), (across, down)):
            ray = np.clip(1 - along / length, 0, 1) * np.clip(1 - beside, 0, 1)
            ink = np.maximum(ink, ray)
    return ink


def _swirl(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Turned by 0.8 radians at the centre and by less outwards, to nothing at 14 pixels."""
    down, across = ROWS - CENTRE, COLUMNS - CENTRE
    angle = rng.choice([-0.8, 0.8]) * np.clip(1 - np.hypot(down, across) / 14, 0, 1)
    x = CENTRE + across * np.cos(angle) - down * np.sin(angle)
    y = CENTRE + across * np.sin(angle) + down * np.cos(angle)
    return cv2.remap(ink, x.astype(np.float32), y.astype(np.float32), cv2.INTER_LINEAR)


def _torn(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Torn across its middle third, one half 4 pixels beside where it belongs."""
    tear, sign = int(rng.integers(10, 19)), int(rng.choice([-1, 1]))
    shifts = np.where(np.arange(SIZE) < tear, 2 * sign, -2 * sign)
    padded = np.pad(ink, ((0, 0), (2, 2)))
    return np.stack(
        [row[2 - shift : 2 - shift + SIZE] for row, shift in zip(padded, shifts, strict=True)]
    )


UNSEEN_CORRUPTIONS = (
    Corruption("pixelate", _pixelate, "no"),
    Corruption("checkerboard", _checkerboard, "no"),
    Corruption("concentric waves", _concentric_waves, "no"),
    Corruption("sparkles", _sparkles, "no"),
    Corruption("swirl", _swirl, "no"),
    Corruption("torn", _torn, "no"),
)
