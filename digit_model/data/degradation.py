"""Degradations of small scanned digits: lines, stains, noise, blur, bad copies.

For raw images, uint8 (28, 28), white on black, before preprocessing. The augmentation in
:mod:`digit_model.training.augment` is for preprocessed batches.
"""

from collections.abc import Callable

import cv2
import numpy as np

from digit_model.data.scans import random_affine

SUPERSAMPLING = 4  # lines and outlines are drawn at this multiple of the size, then averaged


def degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """uint8 (28, 28) → uint8 of about the same size, with one or two random degradations."""
    for _ in range(1 + (rng.random() < 0.3)):
        image = DEGRADATIONS[rng.integers(len(DEGRADATIONS))](image, rng)
    return image


def _add_line(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A straight, shaky or zigzag line across the image, solid or dotted, white or black."""
    rows, columns = image.shape
    layer = np.zeros((rows * SUPERSAMPLING, columns * SUPERSAMPLING), np.uint8)
    line = _random_polyline(rng)
    run, rise = np.abs(line[-1] - line[0])
    points = np.rint(line * (columns, rows) * SUPERSAMPLING).astype(np.int32)
    width = int(rng.integers(2, 9))
    cv2.polylines(layer, [points], False, 255, width, cv2.LINE_AA)
    if rng.random() < 0.4:  # dots
        period = rng.uniform(2.5, 6.0) * width
        y, x = np.mgrid[: layer.shape[0], : layer.shape[1]]
        along = (x if run > rise else y) % period
        layer[along > 0.5 * period] = 0
    layer = cv2.resize(layer, (columns, rows), interpolation=cv2.INTER_AREA)
    opacity = rng.uniform(0.5, 1.0)
    if rng.random() < 0.15:
        return (image * (1 - opacity * (layer / 255.0))).astype(np.uint8)
    return np.maximum(image, (layer * opacity).astype(np.uint8))


def _random_polyline(rng: np.random.Generator) -> np.ndarray:
    """Points (n, 2) of a straight, shaky or zigzag line across an image of side 1."""
    start, end = rng.uniform(-0.1, 1.1, (2, 2))
    zigzag = rng.random() < 0.4
    count = int(rng.integers(8, 25) if zigzag else rng.integers(2, 9))
    line = start + np.linspace(0, 1, count)[:, None] * (end - start)
    if not zigzag:
        return line + rng.normal(0, rng.choice([0.0, 0.06, 0.12]), line.shape)
    normal = np.array([start[1] - end[1], end[0] - start[0]])
    offsets = np.where(np.arange(count) % 2, -1, 1)[:, None] * rng.uniform(0.03, 0.12)
    return line + offsets * normal / max(float(np.hypot(*normal)), 1e-6)


def _invert_band(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Invert a horizontal or vertical band, or all but the band, as at the edge of a label."""
    axis = int(rng.integers(2))
    start, end = np.sort(rng.integers(0, image.shape[axis] + 1, 2))
    band = np.zeros(image.shape, bool)
    band[(slice(None),) * axis + (slice(start, end),)] = True
    return np.where(band if rng.random() < 0.6 else ~band, 255 - image, image)


def _outline(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Replace the strokes by their outlines."""
    large = cv2.resize(
        image, None, fx=SUPERSAMPLING, fy=SUPERSAMPLING, interpolation=cv2.INTER_CUBIC
    )
    blurred = cv2.GaussianBlur(large, (0, 0), 2)
    binary = ((blurred > rng.uniform(60, 150)) * 255).astype(np.uint8)
    width = int(rng.integers(2, 6))
    edge = cv2.morphologyEx(binary, cv2.MORPH_GRADIENT, np.ones((width, width), np.uint8))
    size = (image.shape[1], image.shape[0])
    edge = cv2.resize(edge, size, interpolation=cv2.INTER_AREA)
    return ((edge > 70) * 255).astype(np.uint8) if rng.random() < 0.5 else edge


def _add_noise(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise, or salt and pepper."""
    noisy = image.astype(np.float32)
    if rng.random() < 0.5:
        noisy += rng.normal(0, rng.uniform(10, 60), image.shape)
    else:
        share = rng.uniform(0.01, 0.12)
        where = rng.random(image.shape)
        noisy[where < share / 2], noisy[where > 1 - share / 2] = 0, 255
    return np.clip(noisy, 0, 255).astype(np.uint8)


def _add_stain(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A grey cloud of smooth noise, with an opacity of up to 0.2 to 0.8."""
    sigma = rng.uniform(2, 14)
    cloud = cv2.GaussianBlur(rng.normal(size=image.shape).astype(np.float32), (0, 0), sigma)
    low, high = cloud.min(), cloud.max()
    cloud = (cloud - low) / max(float(high - low), 1e-6)
    opacity, grey = rng.uniform(0.2, 0.8), rng.uniform(0.3, 1.0) * 255
    stained = image + opacity * cloud * (grey - image)
    return np.clip(stained, 0, 255).astype(np.uint8)


def _blur(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Gaussian blur, motion blur, or random displacements as behind rippled glass."""
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
    shift = rng.normal(0, rng.uniform(0.3, 1.2), (2, *image.shape)).astype(np.float32)
    return cv2.remap(image, x + shift[0], y + shift[1], cv2.INTER_LINEAR)


def _brightness_contrast(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    changed = image * rng.uniform(0.4, 1.3) + rng.uniform(-40, 160)
    return np.clip(changed, 0, 255).astype(np.uint8)


def _affine(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return random_affine(image, rng, height=float(rng.uniform(14, 40)), stretch=0.25)


# One is drawn uniformly; an entry that is listed n times is n times as likely.
DEGRADATIONS: tuple[Callable[[np.ndarray, np.random.Generator], np.ndarray], ...] = (
    *(_add_line, _add_line, _add_line, _add_line),
    *(_invert_band, _invert_band, _outline, _add_noise, _add_noise, _add_stain, _add_stain),
    *(_blur, _brightness_contrast, _affine, _affine),
)
