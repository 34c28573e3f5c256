"""Scanned digits of other collections: what trains, what develops, and their variations."""

import cv2
import numpy as np

from digit_model.data import Digits, Part, data_file

# UCI "Optical Recognition of Handwritten Digits" (Alpaydin and Kaynak, 1998) and UCI "Semeion
# Handwritten Digit" (Buscema, 1998), both CC BY 4.0.
FILES = {"Optdigits": "optdigits_orig_tra.npz", "Semeion": "semeion.npz"}
# The last of each file, which trains nothing, so that few writers stand on both sides.
DEVELOPMENT_SHARE = 0.25
FINE = 128  # pixels, longer side at which scans are varied


def load_scans(part: Part) -> dict[str, Digits]:
    """By collection: images, uint8 (N, side, side), white ink on black; labels, int64 (N,)."""
    sets = {}
    for name, file in FILES.items():
        with np.load(data_file(file)) as arrays:
            images, labels = arrays["images"], arrays["labels"].astype(np.int64)
        cut = round(len(labels) * (1 - DEVELOPMENT_SHARE))
        chosen = slice(None, cut) if part == "training" else slice(cut, None)
        sets[name] = images[chosen], labels[chosen]
    return sets


def vary_scan(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Another scan of it: uint8 (h, w) → uint8, white on black, other size, pen and proportions."""
    scale = FINE / max(image.shape)
    fine = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    fine = cv2.copyMakeBorder(fine, 40, 40, 40, 40, cv2.BORDER_CONSTANT)
    fine = cv2.GaussianBlur(fine, (0, 0), scale * 0.5)
    pen = int(rng.integers(-5, 6))
    if pen:
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (abs(pen) + 1, abs(pen) + 1))
        changed = cv2.dilate(fine, kernel) if pen > 0 else cv2.erode(fine, kernel)
        fine = changed if changed.max() > 128 else fine
    return random_affine(fine, rng, height=float(rng.uniform(10, 60)), stretch=0.18)


def random_affine(
    picture: np.ndarray, rng: np.random.Generator, *, height: float, stretch: float
) -> np.ndarray:
    """Rotate, slant and stretch a picture, uint8 (h, w), and bring it to a height in pixels.

    ``stretch`` is the standard deviation of the logarithm of width over height. Now and then the
    result is black and white only, as scanners and plotters leave it.
    """
    rows, columns = picture.shape
    size = height / rows
    wider = float(np.exp(rng.normal(0, stretch)))
    angle, slant = rng.normal(0, 0.09), rng.normal(0, 0.12)
    cos, sin = np.cos(angle), np.sin(angle)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[wider, slant], [0, 1 / wider]]) * size
    corners = np.array([[-1, 1], [1, 1]]) * np.array([columns / 2, rows / 2])
    reach = np.abs(matrix @ corners.T).max(axis=1)
    target = np.ceil(2 * reach).astype(int) + 2
    shift = target / 2 - matrix @ (columns / 2, rows / 2)
    if size < 0.7:  # averaged, not sampled: no stroke may fall between two pixels
        picture = cv2.GaussianBlur(picture, (0, 0), 0.4 / size)
    warped = cv2.warpAffine(
        picture, np.column_stack([matrix, shift]), (int(target[0]), int(target[1]))
    )
    if rng.random() < 0.25:
        warped = ((warped > rng.uniform(70, 160)) * 255).astype(np.uint8)
    return warped
