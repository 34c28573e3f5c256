"""What befalls a small scanned digit before anybody reads it: lines, stains, noise, bad copies.

For pictures as they are, uint8 (28, 28), white on black, before any preprocessing; beside the
batched augmentation of :mod:`digit_model.training.augment`, which comes after it.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digit_model.data.scans import random_affine

LARGE = 4  # lines are drawn at so many times the picture's size, then averaged down


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (28, 28) → uint8, about as large, degraded in one or two of the ways at random."""
    for _ in range(1 + (rng.random() < 0.3)):
        image = DEGRADATIONS[rng.integers(len(DEGRADATIONS))](image, rng)
    return image


def _overdrawn(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One line of any shape across it, a saw among them, full or dotted, bright or dark."""
    rows, columns = image.shape
    layer = np.zeros((rows * LARGE, columns * LARGE), np.uint8)
    line = _path(rng)
    run, rise = np.abs(line[-1] - line[0])
    points = np.rint(line * (columns, rows) * LARGE).astype(np.int32)
    width = int(rng.integers(2, 9))
    cv2.polylines(layer, [points], False, 255, width, cv2.LINE_AA)
    if rng.random() < 0.4:  # dots
        period = rng.uniform(2.5, 6.0) * width
        y, x = np.mgrid[: layer.shape[0], : layer.shape[1]]
        along = (x if run > rise else y) % period
        layer[along > 0.5 * period] = 0
    layer = cv2.resize(layer, (columns, rows), interpolation=cv2.INTER_AREA)
    level = rng.uniform(0.5, 1.0)
    if rng.random() < 0.15:
        return (image * (1 - level * (layer / 255.0))).astype(np.uint8)
    return np.maximum(image, (layer * level).astype(np.uint8))


def _path(rng: np.random.Generator) -> np.ndarray:
    """Points (n, 2) of a line across a picture of side 1: straight, shaky, or a saw."""
    start, end = rng.uniform(-0.1, 1.1, (2, 2))
    saw = rng.random() < 0.4
    count = int(rng.integers(8, 25) if saw else rng.integers(2, 9))
    line = start + np.linspace(0, 1, count)[:, None] * (end - start)
    if not saw:
        return line + rng.normal(0, rng.choice([0.0, 0.06, 0.12]), line.shape)
    across = np.array([start[1] - end[1], end[0] - start[0]])
    teeth = np.where(np.arange(count) % 2, -1, 1)[:, None] * rng.uniform(0.03, 0.12)
    return line + teeth * across / max(float(np.hypot(*across)), 1e-6)


def _band(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The negative of a band across it, of one side or of both, as where labels or bars end."""
    axis = int(rng.integers(2))
    start, end = np.sort(rng.integers(0, image.shape[axis] + 1, 2))
    band = np.zeros(image.shape, bool)
    band[(slice(None),) * axis + (slice(start, end),)] = True
    return np.where(band if rng.random() < 0.6 else ~band, 255 - image, image)


def _outline(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Drawn as its outline, or traced around."""
    large = cv2.resize(image, None, fx=LARGE, fy=LARGE, interpolation=cv2.INTER_CUBIC)
    solid = ((cv2.GaussianBlur(large, (0, 0), 2) > rng.uniform(60, 150)) * 255).astype(np.uint8)
    width = int(rng.integers(2, 6))
    edge = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((width, width), np.uint8))
    size = (image.shape[1], image.shape[0])
    edge = cv2.resize(edge, size, interpolation=cv2.INTER_AREA)
    return ((edge > 70) * 255).astype(np.uint8) if rng.random() < 0.5 else edge


def _noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    noisy = image.astype(np.float32)
    if rng.random() < 0.5:
        noisy += rng.normal(0, rng.uniform(10, 60), image.shape)
    else:  # salt and pepper
        share = rng.uniform(0.01, 0.12)
        where = rng.random(image.shape)
        noisy[where < share / 2], noisy[where > 1 - share / 2] = 0, 255
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _stain(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A cloud of grey over it, from nothing to nearly all of the contrast."""
    grain = rng.uniform(2, 14)
    cloud = cv2.GaussianBlur(rng.normal(size=image.shape).astype(np.float32), (0, 0), grain)
    low, high = cloud.min(), cloud.max()
    cloud = (cloud - low) / max(float(high - low), 1e-6)
    depth, level = rng.uniform(0.2, 0.8), rng.uniform(0.3, 1.0) * 255
    stained = image + depth * cloud * (level - image)
    return np.clip(stained, 0, 255).astype(np.uint8)


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Out of focus, moved, or seen through rippled glass."""
    kind = rng.integers(3)
    if kind == 0:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.5, 1.8))
    if kind == 1:
        length = int(rng.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        end = length - 1 if rng.random() < 0.5 else 0
        cv2.line(kernel, (0, 0), (length - 1, end), (1.0,))
        kernel = kernel.T if rng.random() < 0.5 else kernel
        return cv2.filter2D(image, -1, kernel / kernel.sum())
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(np.float32)
    ripple = rng.normal(0, rng.uniform(0.3, 1.2), (2, *image.shape)).astype(np.float32)
    return cv2.remap(image, x + ripple[0], y + ripple[1], cv2.INTER_LINEAR)


def _level(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Other brightness and contrast, cut off at white and at black."""
    changed = image * rng.uniform(0.4, 1.3) + rng.uniform(-40, 160)
    return np.clip(changed, 0, 255).astype(np.uint8)


def _warped(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return random_affine(image, rng, height=float(rng.uniform(14, 40)), stretch=0.25)


DEGRADATIONS: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = (
    *(_overdrawn, _overdrawn, _overdrawn, _overdrawn),
    *(_band, _band, _outline, _noise, _noise, _stain, _stain, _blur, _level, _warped, _warped),
)
