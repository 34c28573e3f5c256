"""Schedules of the learning rate and of the augmentation's strength."""

import math
from typing import Protocol

from digit_model.training.recipe import Recipe

WARMUP = 0.15  # share of a cycle
INITIAL_RATE = 0.04  # at the start of the warm-up, as a share of the cycle's peak


class CycleRecipe(Protocol):
    """What loops and schedules need of a recipe."""

    @property
    def epochs(self) -> int:
        """Of each cycle."""

    @property
    def total_epochs(self) -> int: ...
    @property
    def peaks(self) -> tuple[float, ...]:
        """The highest learning rate of each cycle, for AdamW."""

    @property
    def weight_decay(self) -> float: ...
    @property
    def ema_decay(self) -> float:
        """Per step; the averaged weights are the result."""


def learning_rate(epoch: float, recipe: CycleRecipe) -> float:
    """Cosine cycles with warm restarts (Loshchilov and Hutter, 2017), each with a warm-up.

    Args:
        epoch: fractional, since the start of the first cycle; in [0, total epochs).
    """
    cycle, progress = divmod(epoch / recipe.epochs, 1)
    return one_cycle(progress, recipe.peaks[int(cycle)])


def one_cycle(progress: float, peak: float) -> float:
    """The learning rate of one cycle; ``progress`` in it is in [0, 1)."""
    if progress < WARMUP:
        return peak * (INITIAL_RATE + (1 - INITIAL_RATE) * progress / WARMUP)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - WARMUP) / (1 - WARMUP)))


def augmentation_strength(epoch: int, recipe: Recipe) -> float:
    """The strength, ≥ 0, in an epoch (from 0): linear from the start to the end of its cycle."""
    cycle, within = divmod(epoch, recipe.epochs)
    first, last = recipe.cycles[cycle].augmentation
    return first + (last - first) * within / max(1, recipe.epochs - 1)
