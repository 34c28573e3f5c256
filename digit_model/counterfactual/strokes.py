"""Strokes of a pen or an eraser on a 28×28 digit, many at a time.

A stroke is a quadratic Bézier curve: three points (x, y) in pixels of the digit, with (0, 0) at its
top left corner. This module doesn't import torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from digit_model.digit import SIZE

POINTS = 16  # on a curve: closer to each other than any pen is wide
MARGIN = 1.0  # pixels, between the ends of strokes and the edge of the digit's square
_T = np.linspace(0, 1, POINTS, dtype=np.float32)[:, None]
_BERNSTEIN = np.concatenate([(1 - _T) ** 2, 2 * _T * (1 - _T), _T**2], axis=1)  # (POINTS, 3)
_PIXELS = np.stack(np.meshgrid(*2 * [np.arange(SIZE) + 0.5]), axis=-1).reshape(-1, 2)
PIXELS = _PIXELS.astype(np.float32)  # the middle of each: x, y
Index = np.ndarray | list[int] | slice


@dataclass(frozen=True)
class Tools:
    """Widths in pixels of the digit: of the pen that wrote it, and of an eraser for its strokes."""

    pen: float

    @property
    def eraser(self) -> float:
        return max(1.3 * self.pen + 0.5, self.pen + 1)  # no grey edge of the stroke stays


@dataclass(frozen=True)
class Changes:
    """Some ways to change a digit, each by as many strokes as the others.

    Attributes:
        controls: float32 (N, strokes, 3, 2), the control points.
        erases: bool (N, strokes), whether a stroke is the eraser's.
    """

    controls: np.ndarray
    erases: np.ndarray

    def __len__(self) -> int:
        return len(self.controls)

    @classmethod
    def none(cls) -> Changes:
        """One that changes nothing."""
        return cls(np.zeros((1, 0, 3, 2), np.float32), np.zeros((1, 0), bool))

    @classmethod
    def of(cls, several: list[Changes]) -> Changes:
        """All of them."""
        return cls(
            np.concatenate([some.controls for some in several]),
            np.concatenate([some.erases for some in several]),
        )

    def take(self, index: Index) -> Changes:
        return Changes(self.controls[index], self.erases[index])

    def and_then(self, stroke: Changes) -> Changes:
        """One change, followed by each of several strokes."""
        before = self.take(np.zeros(len(stroke), int))
        return Changes(
            np.concatenate([before.controls, stroke.controls], axis=1),
            np.concatenate([before.erases, stroke.erases], axis=1),
        )

    def apply(self, ink: np.ndarray, tools: Tools) -> np.ndarray:
        """The ink, float32 (28, 28) in [0, 1], after each change: (N, 28, 28).

        First all is rubbed out, then the pen draws.
        """
        erased = self._coverage(self.erases, tools.eraser)
        added = self._coverage(~self.erases, tools.pen)
        return np.maximum(np.minimum(ink, 1 - erased), added)

    def _coverage(self, drawn: np.ndarray, width: float) -> np.ndarray:
        """Of those strokes that are drawn, bool (N, strokes), by a tool of this width."""
        covered = np.zeros((len(self), SIZE, SIZE), np.float32)
        for stroke in range(drawn.shape[1]):
            rows = drawn[:, stroke]
            covered[rows] = np.maximum(covered[rows], coverage(self.controls[rows, stroke], width))
        return covered


def curves(controls: np.ndarray) -> np.ndarray:
    """Control points (…, 3, 2) → points on the curves (…, POINTS, 2), float32."""
    return np.asarray(_BERNSTEIN @ controls)


def coverage(controls: np.ndarray, width: float) -> np.ndarray:
    """How much of each pixel a round pen covers, in [0, 1].

    Args:
        controls: float32 (N, 3, 2).
        width: of the pen, in pixels.

    Returns:
        float32 (N, 28, 28).
    """
    points = curves(controls).reshape(-1, 2)
    squares = (points**2).sum(axis=1)[:, None] - 2 * points @ PIXELS.T + (PIXELS**2).sum(axis=1)
    nearest = squares.reshape(len(controls), POINTS, SIZE**2).min(axis=1)
    distance = np.sqrt(np.maximum(nearest, 0)).reshape(-1, SIZE, SIZE)
    return np.clip(np.float32(width / 2 + 0.5) - distance, 0, 1)


def values_at(points: np.ndarray, image: np.ndarray) -> np.ndarray:
    """The image's pixels (28, 28) at points (…, 2)."""
    x, y = np.moveaxis(np.clip(points.astype(int), 0, SIZE - 1), -1, 0)
    return np.asarray(image[y, x])
