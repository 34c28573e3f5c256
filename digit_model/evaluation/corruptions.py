"""The fifteen corruptions of MNIST-C (Mu and Gilmer, 2019, arXiv:1906.02337), for evaluation only.

Implemented from the paper's definitions at the severities of the published data set. The random
numbers are different, so the pixels of random corruptions differ from the published files. The
corrupted images are preprocessed like any picture. Training doesn't use this module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np

SIZE = 28  # pixels
CENTRE = 13.5  # pixel index of the image's centre, the fixed point of affine maps
LINE_HALF_WIDTH = 2.3  # pixels, distance at which a line has faded to 0

Corrupt = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One corruption.

    Attributes:
        name: the paper's.
        apply: float64 (28, 28) in [0, 1] and a generator → float64 (28, 28) in any range.
        seen: whether training uses it, in :mod:`digit_model.training.augment` or
            :mod:`digit_model.data.degradation`: "yes" for the same corruption at other severities,
            "related" for a similar one, such as smooth clouds for fractal fog.
    """

    name: str
    apply: Corrupt
    seen: Literal["yes", "related", "no"]

    def __call__(self, image: np.ndarray, seed: int | tuple[int, ...]) -> np.ndarray:
        """Corrupt an image, uint8 (28, 28), 255 = ink; the same seed gives the same result."""
        corrupted = self.apply(image / 255.0, np.random.default_rng(seed))
        return np.rint(255.0 * np.clip(corrupted, 0.0, 1.0)).astype(np.uint8)


def _shot_noise(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Poisson noise; full ink is three photons on average."""
    return rng.poisson(3.0 * ink) / 3.0


def _impulse_noise(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """17 % of the pixels become black or white with equal probability."""
    affected = rng.random(ink.shape) < 0.17
    return np.where(affected, rng.random(ink.shape) < 0.5, ink)


def _glass_blur(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur, swap half of the pixels with a neighbour above or to the left (twice), and blur."""
    blurred = _blur_columns(ink)
    for _ in range(2):
        swapped = rng.random(ink.shape) < 0.5
        steps = rng.integers(-1, 1, size=(2, *ink.shape))  # -1 or 0 pixels
        for row in range(SIZE - 1, 1, -1):
            for column in range(SIZE - 1, 1, -1):
                if swapped[row, column]:
                    other = (row + steps[0, row, column], column + steps[1, row, column])
                    blurred[row, column], blurred[other] = blurred[other], blurred[row, column]
    return _blur_columns(blurred)


def _blur_columns(ink: np.ndarray) -> np.ndarray:
    """A Gaussian of sigma 0.7 pixels up and down only, as in the published images.

    Their generator takes the columns of a grey image for its colours, and doesn't blur across.
    """
    return cv2.GaussianBlur(ink, (1, 7), 0.7, borderType=cv2.BORDER_REPLICATE)


def _motion_blur(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A one-sided Gaussian of sigma 3 pixels along a line at up to 45 degrees to the horizontal."""
    angle = rng.uniform(-np.pi / 4, np.pi / 4)
    steps = np.arange(21)
    weights = np.exp(-(steps**2) / (2 * 3.0**2))
    kernel = np.zeros((41, 41))
    rows, columns = np.rint(steps * np.sin(angle)), np.rint(steps * np.cos(angle))
    np.add.at(kernel, (20 + rows.astype(int), 20 + columns.astype(int)), weights / weights.sum())
    return cv2.filter2D(ink, -1, kernel, borderType=cv2.BORDER_REPLICATE)


def _affine(ink: np.ndarray, matrix: np.ndarray, shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Inverse affine map about the centre, with bilinear interpolation.

    The pixel at p gets the value at ``matrix @ (p - centre) + centre + shift``.

    Args:
        matrix: (2, 2), on (x, y).
        shift: x, y in pixels.
    """
    matrix = np.asarray(matrix, float)
    centre = np.full(2, CENTRE)
    offset = centre - matrix @ centre + shift
    inverse_map = np.column_stack([matrix, offset])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(ink, inverse_map, (SIZE, SIZE), flags=flags, borderValue=0.0)


def _random_sign(rng: np.random.Generator) -> float:
    return float(rng.choice([-1.0, 1.0]))


def _shear(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By 0.4 radians to the left or the right."""
    angle = 0.4 * _random_sign(rng)
    return _affine(ink, np.array([[1, -np.sin(angle)], [0, np.cos(angle)]]))


def _scale(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shrink to 70 %."""
    return _affine(ink, np.eye(2) / 0.7)


def _rotate(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By 0.4 radians (23 degrees), clockwise or counterclockwise."""
    angle = 0.4 * _random_sign(rng)
    cos, sin = np.cos(angle), np.sin(angle)
    return _affine(ink, np.array([[cos, -sin], [sin, cos]]))


def _brightness(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add half the range; values above white are clipped by the caller."""
    return ink + 0.5


def _translate(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By 3 pixels along each axis, in a random direction."""
    return _affine(ink, np.eye(2), (3 * _random_sign(rng), 3 * _random_sign(rng)))


def _stripe(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Invert the left and the right quarter, which leaves a stripe in the middle."""
    outer = np.abs(np.arange(SIZE) - CENTRE) > 7
    return np.where(outer, 1.0 - ink, ink)


def _fog(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add three times a plasma fractal and scale back to the image's maximum."""
    clouds = plasma(rng, decay=1.4)[:SIZE, :SIZE]
    maximum = float(ink.max())
    return (ink + 3.0 * clouds) * maximum / (maximum + 3.0)


def plasma(rng: np.random.Generator, decay: float, side: int = 256) -> np.ndarray:
    """Periodic plasma fractal by the diamond-square algorithm (Fournier et al., 1982).

    Args:
        decay: the square root of the factor by which the noise decreases from scale to scale.
        side: a power of two.

    Returns:
        float (side, side) from 0 to 1.
    """
    clouds = np.zeros((1, 1))
    roughness = 1.0
    while clouds.shape[0] < side:
        coarse = clouds
        count = coarse.shape[0]
        right = np.roll(coarse, -1, axis=1)
        # Diamond step: the centre of each square, from the mean of its corners.
        centres = (coarse + right + np.roll(coarse + right, -1, axis=0)) / 4
        centres = centres + roughness * rng.uniform(-1, 1, centres.shape)
        # Square step: the middle of each edge, from the mean of the corners and centres around it.
        top = (coarse + right + centres + np.roll(centres, 1, axis=0)) / 4
        left = (coarse + np.roll(coarse, -1, axis=0) + centres + np.roll(centres, 1, axis=1)) / 4
        clouds = np.empty((2 * count, 2 * count))
        clouds[::2, ::2], clouds[1::2, 1::2] = coarse, centres
        clouds[::2, 1::2] = top + roughness * rng.uniform(-1, 1, top.shape)
        clouds[1::2, ::2] = left + roughness * rng.uniform(-1, 1, left.shape)
        roughness /= decay**2
    clouds -= clouds.min()
    return clouds / clouds.max()


def _spatter(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Dark blots over ink and background."""
    liquid = cv2.GaussianBlur(rng.normal(0.65, 0.3, ink.shape), (0, 0), 1.0)
    mud = cv2.GaussianBlur((liquid > 0.65).astype(float), (0, 0), 1.5)
    mud[mud < 0.8] = 0.0
    return ink * (1 - mud) + 63 / 255 * mud


def _line(start: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
    """A soft line between two points (x, y), x ascending: float (28, 28) in [0, 1].

    It fades with the vertical distance d as 1 + log(1 - d / ``LINE_HALF_WIDTH``).
    """
    (x0, y0), (x1, y1) = start, end
    index = np.arange(SIZE)  # of rows and columns
    if x1 - x0 < 1e-9:
        return np.zeros((SIZE, SIZE))
    y = y0 + (index - x0) * (y1 - y0) / (x1 - x0)
    distance = np.minimum(np.abs(index[:, None] - y), 0.999 * LINE_HALF_WIDTH)
    line = np.clip(1.0 + np.log(1.0 - distance / LINE_HALF_WIDTH), 0.0, 1.0)
    return line * ((index >= np.floor(x0)) & (index < np.ceil(x1)))


def _dotted_line(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A line across the whole width, alternating two columns off and two columns on."""
    left, right = rng.integers(0, 27, size=2)
    shown = np.arange(SIZE) // 2 % 2 == 1
    return ink + _line((0.0, float(left)), (27.0, float(right))) * shown


def _zigzag(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A zigzag line from column 2 to 25 that turns every 4 pixels, 2 pixels to each side."""
    start = np.array([2.0, float(rng.integers(0, 27))])
    vector = np.array([23.0, float(rng.integers(-5, 5))])
    length = float(np.hypot(*vector))
    direction = vector / length
    normal = np.array([-direction[1], direction[0]])
    turns = np.arange(2.0, length, 4.0)
    offsets = np.where(np.arange(len(turns)) % 2, -2.0, 2.0)
    corners = (start + t * direction + o * normal for t, o in zip(turns, offsets, strict=True))
    for (x0, y0), (x1, y1) in pairwise([start, *corners, start + vector]):
        ink = np.clip(ink + _line((x0, y0), (x1, y1)), 0.0, 1.0)
    return ink


def _canny_edges(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Edges (Canny, 1986) after a blur of sigma 1 pixel.

    The thresholds, 0.1 and 0.2, are for the Sobel response to an image from 0 to 1, in which a step
    from paper to ink has 4.
    """
    smooth = cv2.GaussianBlur(np.rint(255 * ink).astype(np.uint8), (0, 0), 1.0)
    return cv2.Canny(smooth, 0.1 * 255, 0.2 * 255, L2gradient=True) / 255.0


CORRUPTIONS = (
    Corruption("shot noise", _shot_noise, "related"),
    Corruption("impulse noise", _impulse_noise, "yes"),
    Corruption("glass blur", _glass_blur, "related"),
    Corruption("motion blur", _motion_blur, "yes"),
    Corruption("shear", _shear, "yes"),
    Corruption("scale", _scale, "yes"),
    Corruption("rotate", _rotate, "yes"),
    Corruption("brightness", _brightness, "yes"),
    Corruption("translate", _translate, "yes"),
    Corruption("stripe", _stripe, "yes"),
    Corruption("fog", _fog, "related"),
    Corruption("spatter", _spatter, "related"),
    Corruption("dotted line", _dotted_line, "yes"),
    Corruption("zigzag", _zigzag, "yes"),
    Corruption("canny edges", _canny_edges, "related"),
)
