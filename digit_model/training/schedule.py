"""What changes in the course of a run: learning rate and strength of the augmentation."""

import math

from digit_model.training.recipe import Recipe

WARM_UP = 0.15  # of a cycle
FIRST = 0.04  # of the cycle's peak, where its warm-up begins


def learning_rate(epoch: float, recipe: Recipe) -> float:
    """Cosine cycles with warm restarts (Loshchilov and Hutter, 2017), each with a warm-up.

    Args:
        epoch: since the start of the first cycle, with its fraction; in [0, total epochs).
    """
    cycle, progress = divmod(epoch / recipe.epochs, 1)
    peak = recipe.cycles[int(cycle)].learning_rate
    if progress < WARM_UP:
        return peak * (FIRST + (1 - FIRST) * progress / WARM_UP)
    return peak * 0.5 * (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP)))


def augmentation_strength(epoch: int, recipe: Recipe) -> float:
    """≥ 0, in an epoch, counted from 0: from one end of its cycle to the other."""
    cycle, within = divmod(epoch, recipe.epochs)
    first, last = recipe.cycles[cycle].augmentation
    return first + (last - first) * within / max(1, recipe.epochs - 1)
