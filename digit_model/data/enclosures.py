"""Rings and boxes that people draw around what they have written."""

import numpy as np

from digit_model.data.synthetic import interpolate

BOXES = 0.4  # share of them; the others are rings
MARGIN = (0.02, 0.5)  # heights of a digit, at each side
CORNER = 0.06  # standard deviation of a box's corners, likewise
# Of a ring: from nearly a rectangle to an ellipse; how far around the box's corners it goes, since
# it may touch what is in it; how far its stroke goes, in turns, and its points.
ROUNDNESS, ROOM, TURN, POINTS = (0.35, 1.0), (0.8, 1.05), (0.9, 1.1), 48


def enclosure(low: np.ndarray, high: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """One stroke around a box, float32 (n, 2), in heights of a digit.

    ``low`` and ``high``: the box's upper left and lower right corner, (2,) each, likewise.
    """
    centre = (low + high) / 2
    half = (high - low) / 2 + rng.uniform(*MARGIN, 2)
    if rng.random() < BOXES:
        corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)]) * half
        corners = corners + rng.normal(0, CORNER, corners.shape)
        return np.asarray(centre + interpolate(corners, curved=False), np.float32)
    # A superellipse through a box's corners is wider and higher than it by this factor.
    roundness = rng.uniform(*ROUNDNESS)
    half = half * max(1.0, 2 ** (roundness / 2) * rng.uniform(*ROOM))
    angles = rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.linspace(0, rng.uniform(*TURN), POINTS)
    round_ = np.stack([np.cos(angles), np.sin(angles)], 1)
    wobble = 1 + rng.normal(0, 0.03) * np.sin(angles * rng.integers(1, 4))[:, None]
    ring = np.sign(round_) * np.abs(round_) ** roundness * half * wobble
    return np.asarray(centre + ring, np.float32)
