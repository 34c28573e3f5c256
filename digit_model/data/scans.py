"""Scanned digits of other collections than MNIST, and random variations of them."""

import cv2
import numpy as np

from digit_model.data import Digits, Part, data_file

# UCI "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998) and UCI "Semeion
# Handwritten Digit" (Buscema, 1998), both CC BY 4.0.
FILES = {"Optdigits": "optdigits_orig_tra.npz", "Semeion": "semeion.npz"}
# The last part of each file, not a random one, so that few writers are in both parts.
DEVELOPMENT_SHARE = 0.25
ENLARGED_SIDE = 128  # pixels, longer side to which scans are enlarged before they are varied


def load_scans(part: Part) -> dict[str, Digits]:
    """By collection: images, uint8 (N, side, side), white on black, and labels, int64 (N,)."""
    sets = {}
    for name, file in FILES.items():
        with np.load(data_file(file)) as arrays:
            images, labels = arrays["images"], arrays["labels"].astype(np.int64)
        split = round(len(labels) * (1 - DEVELOPMENT_SHARE))
        chosen = slice(None, split) if part == "training" else slice(split, None)
        sets[name] = images[chosen], labels[chosen]
    return sets


def vary_scan(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A variation of a scan, uint8 (h, w) → uint8, white on black: pen width, size, proportions."""
    scale = ENLARGED_SIDE / max(image.shape)
    enlarged = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    enlarged = cv2.copyMakeBorder(enlarged, 40, 40, 40, 40, cv2.BORDER_CONSTANT)
    enlarged = cv2.GaussianBlur(enlarged, (0, 0), scale * 0.5)
    pen_change = int(rng.integers(-5, 6))  # pixels of the enlarged scan
    if pen_change:
        size = abs(pen_change) + 1
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
        morph = cv2.dilate if pen_change > 0 else cv2.erode
        changed = morph(enlarged, kernel)
        enlarged = changed if changed.max() > 128 else enlarged  # erosion may leave no ink
    return random_affine(enlarged, rng, height=float(rng.uniform(10, 60)), stretch=0.18)


def random_affine(
    picture: np.ndarray, rng: np.random.Generator, *, height: float, stretch: float
) -> np.ndarray:
    """Rotate, slant, stretch and resize a picture, uint8 (h, w); a quarter of them are binarised.

    Args:
        height: of the picture after resizing, in pixels.
        stretch: standard deviation of the logarithm of the factor on the width.
    """
    rows, columns = picture.shape
    scale = height / rows
    widening = float(np.exp(rng.normal(0, stretch)))
    angle, slant = rng.normal(0, 0.09), rng.normal(0, 0.12)
    cos, sin = np.cos(angle), np.sin(angle)
    rotation = np.array([[cos, -sin], [sin, cos]])
    matrix = rotation @ np.array([[widening, slant], [0, 1 / widening]]) * scale
    corners = np.array([[-1, 1], [1, 1]]) * np.array([columns / 2, rows / 2])
    half_size = np.abs(matrix @ corners.T).max(axis=1)
    size = np.ceil(2 * half_size).astype(int) + 2
    shift = size / 2 - matrix @ (columns / 2, rows / 2)
    if scale < 0.7:  # against aliasing: thin strokes would be lost between samples
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / scale)
    warped = cv2.warpAffine(picture, np.column_stack([matrix, shift]), (int(size[0]), int(size[1])))
    if rng.random() < 0.25:
        warped = ((warped > rng.uniform(70, 160)) * 255).astype(np.uint8)
    return warped
