"""The fifteen corruptions of MNIST-C (Mu and Gilmer, 2019, arXiv:1906.02337), for evaluation only.

Each at the severity of the published data set. The corrupted pictures then go through the whole
pipeline, as any picture does. Written after the paper's definitions, with random numbers of our
own, so pixels differ from the published files where chance decides them. No training draws on
this module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np

SIZE = 28  # pixels
MIDDLE = 13.5  # pixel index of the image's middle, which affine maps keep in place
LINE_REACH = 2.3  # pixels to either side at which a drawn line has faded away

Corrupt = Callable[[np.ndarray, np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Corruption:
    """One way of spoiling a picture.

    Attributes:
        name: the paper's.
        apply: float64 (28, 28) in [0, 1] and a generator → float64 (28, 28) in any range.
        seen: whether training has met it, in :mod:`digit_model.training.augment` or
            :mod:`digit_model.data.degradation`: "yes" for the same thing at other strengths,
            "related" for something of its kind, such as smooth clouds for fractal fog.
    """

    name: str
    apply: Corrupt
    seen: Literal["yes", "related", "no"]

    def __call__(self, image: np.ndarray, seed: int | tuple[int, ...]) -> np.ndarray:
        """uint8 (28, 28), 255 = ink → the same, corrupted; the same seed gives the same."""
        corrupted = self.apply(image / 255.0, np.random.default_rng(seed))
        return np.rint(255.0 * np.clip(corrupted, 0.0, 1.0)).astype(np.uint8)


def _shot_noise(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Full ink is three photons on average."""
    return rng.poisson(3.0 * ink) / 3.0


def _impulse_noise(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """17 % of the pixels are black or white, by equal chance."""
    struck = rng.random(ink.shape) < 0.17
    return np.where(struck, rng.random(ink.shape) < 0.5, ink)


def _glass_blur(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blurred, then half of the pixels swapped with one above or to the left, and blurred again."""
    glass = cv2.GaussianBlur(ink, (0, 0), 0.7)
    for _ in range(2):
        swapped = rng.random(ink.shape) < 0.5
        steps = rng.integers(-1, 1, size=(2, *ink.shape))  # -1 or 0 pixels
        for row in range(SIZE - 1, 1, -1):
            for column in range(SIZE - 1, 1, -1):
                if swapped[row, column]:
                    other = (row + steps[0, row, column], column + steps[1, row, column])
                    glass[row, column], glass[other] = glass[other], glass[row, column]
    return cv2.GaussianBlur(glass, (0, 0), 0.7)


def _motion_blur(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A one-sided Gaussian trail of 3 pixels, at up to 45 degrees to the horizontal."""
    angle = rng.uniform(-np.pi / 4, np.pi / 4)
    steps = np.arange(21)
    shares = np.exp(-(steps**2) / (2 * 3.0**2))
    trail = np.zeros((41, 41))
    rows, columns = np.rint(steps * np.sin(angle)), np.rint(steps * np.cos(angle))
    np.add.at(trail, (20 + rows.astype(int), 20 + columns.astype(int)), shares / shares.sum())
    return cv2.filter2D(ink, -1, trail, borderType=cv2.BORDER_REPLICATE)


def _affine(ink: np.ndarray, matrix: np.ndarray, shift: tuple[float, float] = (0, 0)) -> np.ndarray:
    """Resampled linearly: the pixel at p shows what was at ``matrix @ (p - middle) + middle``.

    Args:
        matrix: (2, 2), on (x, y).
        shift: x, y in pixels, added to where the pixel looks.
    """
    matrix = np.asarray(matrix, float)
    middle = np.full(2, MIDDLE)
    offset = middle - matrix @ middle + shift
    whole = np.column_stack([matrix, offset])
    return cv2.warpAffine(
        ink, whole, (SIZE, SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderValue=0.0
    )


def _either(rng: np.random.Generator) -> float:
    return float(rng.choice([-1.0, 1.0]))


def _shear(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Upright strokes lean by 0.4 radians, to either side."""
    angle = 0.4 * _either(rng)
    return _affine(ink, np.array([[1, -np.sin(angle)], [0, np.cos(angle)]]))


def _scale(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shrunk to 70 % about the middle."""
    return _affine(ink, np.eye(2) / 0.7)


def _rotate(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By 0.4 radians (23 degrees), either way."""
    angle = 0.4 * _either(rng)
    cos, sin = np.cos(angle), np.sin(angle)
    return _affine(ink, np.array([[cos, -sin], [sin, cos]]))


def _brightness(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Half the range brighter, cut off at white."""
    return ink + 0.5


def _translate(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """By 3 pixels along both axes, either way along each."""
    return _affine(ink, np.eye(2), (3 * _either(rng), 3 * _either(rng)))


def _stripe(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The left and the right quarter are inverted, which leaves a stripe in the middle."""
    outer = np.abs(np.arange(SIZE) - MIDDLE) > 7
    return np.where(outer, 1.0 - ink, ink)


def _fog(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Three parts of a plasma fractal over one part of picture."""
    clouds = _plasma(rng, decay=1.4)[:SIZE, :SIZE]
    strongest = float(ink.max())
    return (ink + 3.0 * clouds) * strongest / (strongest + 3.0)


def _plasma(rng: np.random.Generator, decay: float, side: int = 256) -> np.ndarray:
    """Clouds by the diamond-square method (Fournier, Fussell and Carpenter, 1982), on a torus.

    Args:
        decay: the square root of the factor by which the roughness falls with each halving.
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
        squares = (coarse + right + np.roll(coarse + right, -1, axis=0)) / 4
        squares = squares + roughness * rng.uniform(-1, 1, squares.shape)
        # The points between: each is the mean of the two corners and the two squares around it.
        above = (coarse + right + squares + np.roll(squares, 1, axis=0)) / 4
        beside = (coarse + np.roll(coarse, -1, axis=0) + squares + np.roll(squares, 1, axis=1)) / 4
        clouds = np.empty((2 * count, 2 * count))
        clouds[::2, ::2], clouds[1::2, 1::2] = coarse, squares
        clouds[::2, 1::2] = above + roughness * rng.uniform(-1, 1, above.shape)
        clouds[1::2, ::2] = beside + roughness * rng.uniform(-1, 1, beside.shape)
        roughness /= decay**2
    clouds -= clouds.min()
    return clouds / clouds.max()


def _spatter(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blots of dark mud, over picture and ground alike."""
    liquid = cv2.GaussianBlur(rng.normal(0.65, 0.3, ink.shape), (0, 0), 1.0)
    mud = cv2.GaussianBlur((liquid > 0.65).astype(float), (0, 0), 1.5)
    mud[mud < 0.8] = 0.0
    return ink * (1 - mud) + 63 / 255 * mud


def _line(start: tuple[float, float], end: tuple[float, float]) -> np.ndarray:
    """A soft line between two points (x, y): float (28, 28) in [0, 1].

    It fades with the distance above and below it, as the logarithm of what is left of its reach.
    """
    (x0, y0), (x1, y1) = start, end
    at = np.arange(SIZE)
    if x1 - x0 < 1e-9:
        return np.zeros((SIZE, SIZE))
    height = y0 + (at - x0) * (y1 - y0) / (x1 - x0)
    distance = np.minimum(np.abs(at[:, None] - height), 0.999 * LINE_REACH)
    line = np.clip(1.0 + np.log(1.0 - distance / LINE_REACH), 0.0, 1.0)
    return line * ((at >= np.floor(x0)) & (at < np.ceil(x1)))


def _dotted_line(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Across the whole width at any slope, two columns on, two columns off."""
    left, right = rng.integers(0, 27, size=2)
    shown = np.arange(SIZE) // 2 % 2 == 1
    return ink + _line((0.0, float(left)), (27.0, float(right))) * shown


def _zigzag(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A saw of teeth 4 pixels long and 2 high to either side, from column 2 to column 25."""
    start = np.array([2.0, float(rng.integers(0, 27))])
    course = np.array([23.0, float(rng.integers(-5, 5))])
    length = float(np.hypot(*course))
    along = course / length
    across = np.array([-along[1], along[0]])
    turns = np.arange(2.0, length - 1, 4.0)
    heights = np.where(np.arange(len(turns)) % 2, -2.0, 2.0)
    points = [start, *(start + t * along + h * across for t, h in zip(turns, heights, strict=True))]
    points.append(start + course)
    for one, other in pairwise(points):
        ink = np.clip(ink + _line((one[0], one[1]), (other[0], other[1])), 0.0, 1.0)
    return ink


def _canny_edges(ink: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The strokes' outlines (Canny, 1986), blurred by 1 pixel before, 0.1 and 0.2 as thresholds."""
    smooth = cv2.GaussianBlur(np.rint(255 * ink).astype(np.uint8), (0, 0), 1.0)
    sobel = 4 * 255  # its largest answer, to a step from paper to ink
    return cv2.Canny(smooth, 0.1 * sobel, 0.2 * sobel, L2gradient=True) / 255.0


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
