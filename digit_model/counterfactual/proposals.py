"""Strokes that may turn a digit into another one, by the gradient of the network."""

import cv2
import numpy as np
import torch

from digit_model.counterfactual.strokes import (
    MARGIN,
    PIXELS,
    Changes,
    Tools,
    curves,
    values_at,
)
from digit_model.digit import SIZE
from digit_model.explanation import logit_weights
from digit_model.ink.marks import MARK, mark_mask
from digit_model.network import DigitCNN

# SmoothGrad (Smilkov et al., 2017): the mean gradient of so many noisy copies.
COPIES, NOISE, NOISE_SIGMA = 4, 0.3, 1.2  # standard deviations: of the ink, and in pixels
ON_INK, ON_PAPER = 2.5, 3.5  # pixels between the points that strokes go from and to
SHORTEST, LONGEST, LONGEST_ERASED = 2.0, 14.0, 9.0  # pixels, of a stroke
BENDS = (0.0, 0.5, -0.5)  # of curves: how far aside the middle control point is, in lengths
WORTH = 10.0  # pixels of ink that any stroke counts for besides its own
MOST_PER_POINT = 5  # strokes from one point, or they would all be alike


def gradients(network: DigitCNN, inks: np.ndarray, toward: int) -> np.ndarray:
    """How more ink in each pixel would change the logit of ``toward`` less the mean of all others.

    Args:
        network: in evaluation mode.
        inks: float32 (N, 28, 28) in [0, 1].
        toward: the label as a number.

    Returns:
        float32 (N, 28, 28).
    """
    rng = np.random.default_rng(0)
    noise = [
        cv2.GaussianBlur(copy, (0, 0), NOISE_SIGMA)
        for copy in rng.normal(size=(COPIES, SIZE, SIZE)).astype(np.float32)
    ]
    noisy = inks[:, None] + NOISE / np.std(noise) * np.stack(noise)
    copies = torch.from_numpy(np.clip(noisy, 0, 1).reshape(-1, 1, SIZE, SIZE).astype(np.float32))
    with torch.enable_grad():
        copies.requires_grad_(True)
        gain = network(copies) @ torch.from_numpy(logit_weights(toward))
        (gradient,) = torch.autograd.grad(gain.sum(), copies)
    return np.asarray(gradient.view(len(inks), COPIES, SIZE, SIZE).mean(dim=1).numpy())


def propose(
    ink: np.ndarray, gradient: np.ndarray, tools: Tools, counts: tuple[int, int]
) -> Changes:
    """The strokes that promise most for their ink, some of the pen and some of the eraser.

    Args:
        ink: float32 (28, 28) in [0, 1].
        gradient: see :func:`gradients`.
        tools: what they are drawn with.
        counts: at most so many of the pen, and of the eraser.
    """
    smooth = cv2.GaussianBlur(gradient, (0, 0), max(0.7, tools.pen / 2))
    inked = points_on_ink(ink)
    points = np.concatenate([inked, points_around(ink)])
    added = _to_add(ink, smooth, points, len(inked), counts[0])
    erased = _to_erase(ink, smooth, inked, tools.eraser, counts[1])
    return Changes(
        np.concatenate([added, erased])[:, None],
        np.repeat([False, True], [len(added), len(erased)])[:, None],
    )


def _to_add(
    ink: np.ndarray, gradient: np.ndarray, points: np.ndarray, inked: int, count: int
) -> np.ndarray:
    """The best control points (N, 3, 2) from one of the first ``inked`` points to any."""
    pairs = np.stack(np.triu_indices(len(points), 1), axis=1)
    pairs = pairs[pairs[:, 0] < inked]
    pairs = pairs[_between(_lengths(points[pairs]), SHORTEST, LONGEST)]
    controls = np.concatenate([_bent(points[pairs], bend) for bend in BENDS])
    controls = np.clip(controls, MARGIN, SIZE - MARGIN)
    on_curves = curves(controls)
    paper = 1 - values_at(on_curves, ink)
    lengths = _lengths(on_curves)
    gain = lengths * (values_at(on_curves, gradient) * paper).mean(axis=1)
    drawn = lengths * paper.mean(axis=1)
    scores = np.where(drawn < 1, -np.inf, gain / (drawn + WORTH))  # not on the ink
    return controls[_best(scores, np.tile(pairs, (len(BENDS), 1)), count)]


def _to_erase(
    ink: np.ndarray, gradient: np.ndarray, inked: np.ndarray, width: float, count: int
) -> np.ndarray:
    """The best control points (N, 3, 2) along the ink, or of single points on it."""
    pairs = np.stack(np.triu_indices(len(inked)), axis=1)
    pairs = pairs[_between(_lengths(inked[pairs]), 0.0, LONGEST_ERASED)]
    controls = _bent(inked[pairs], 0.0)
    on_curves = curves(controls)
    along = values_at(on_curves, ink)
    lengths = _lengths(on_curves) + width
    gain = -lengths * (values_at(on_curves, gradient) * along).mean(axis=1)
    scores = np.where(along.min(axis=1) < MARK, -np.inf, gain / (lengths + WORTH))  # no paper
    return controls[_best(scores, pairs, count)]


def points_on_ink(ink: np.ndarray) -> np.ndarray:
    """Points along the middle of the strokes, float32 (n, 2): the blurred ink's highest ones."""
    left = np.where(ink > MARK, cv2.GaussianBlur(ink, (0, 0), 1.0), 0).ravel()
    found = []
    while left.any():
        found.append(PIXELS[left.argmax()])
        left[((PIXELS - found[-1]) ** 2).sum(axis=1) < ON_INK**2] = 0
    return np.reshape(found, (-1, 2)).astype(np.float32)


def points_around(ink: np.ndarray) -> np.ndarray:
    """A grid over the ink and a little beyond it, float32 (n, 2)."""
    left, top, width, height = cv2.boundingRect(mark_mask(ink))
    axes = [
        np.linspace(start - 1.5, start + side + 1.5, round((side + 4) / ON_PAPER) + 1)
        for start, side in ((left, width), (top, height))
    ]
    points = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, 2)
    return np.clip(points, MARGIN, SIZE - MARGIN).astype(np.float32)


def begins_at(ink: np.ndarray, changes: Changes) -> np.ndarray:
    """Whether the pen's strokes of each change touch the ink: bool (N,)."""
    reach = cv2.dilate(mark_mask(ink), np.ones((3, 3), np.uint8))
    touches = values_at(curves(changes.controls), reach).max(axis=-1, initial=0) > 0
    return np.asarray((touches | changes.erases).all(axis=1))


def _bent(ends: np.ndarray, bend: float) -> np.ndarray:
    """Control points (N, 3, 2) of curves between two ends (N, 2, 2)."""
    start, end = ends[:, 0], ends[:, 1]
    aside = (end - start)[:, ::-1] * np.array([bend, -bend], np.float32)
    return np.stack([start, (start + end) / 2 + aside, end], axis=1)


def _lengths(points: np.ndarray) -> np.ndarray:
    """Of polylines (N, k, 2): (N,)."""
    return np.asarray(np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)).sum(axis=1))


def _between(values: np.ndarray, least: float, most: float) -> np.ndarray:
    return (values >= least) & (values <= most)


def _best(scores: np.ndarray, pairs: np.ndarray, count: int) -> list[int]:
    """The indices of the highest scores, few of them from the same point; none of -inf."""
    used = np.zeros(pairs.max(initial=0) + 1, int)
    best: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if scores[index] == -np.inf or len(best) == count:
            break
        if (used[pairs[index]] < MOST_PER_POINT).all():
            used[pairs[index]] += 1
            best.append(int(index))
    return best
