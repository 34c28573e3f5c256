"""Training the ink network, see :mod:`digit_model.ink_network`, on pictures with their ink."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.data.ink_pictures import development_pictures, ink_pictures
from digit_model.data.strokes import pen_digits
from digit_model.ink.marks import MARK
from digit_model.ink_network import InkNetwork, to_inputs
from digit_model.training.cache import cached
from digit_model.training.fit import Task, fit
from digit_model.training.log import RunLog
from digit_model.training.precision import autocast, best_device
from digit_model.training.recipe import InkRecipe
from digit_model.training.step import averaged, start_from

Pictures = tuple[np.ndarray, np.ndarray]  # uint8 (N, 160, 160, 3) and their ink, (N, 160, 160)

INK_WEIGHT = 3.0  # of ink over paper in the cross-entropy, beside 1: most of a picture is paper
INVERTED = 1 / 7  # share of the pictures whose light and dark are exchanged


def ink_loss(logits: Tensor, ink: Tensor) -> Tensor:
    """Weighted cross-entropy plus Dice loss (Milletari et al., 2016).

    Args:
        logits: float (N, h, w).
        ink: float (N, h, w) in [0, 1].
    """
    weight = 1 + INK_WEIGHT * ink
    entropy = F.binary_cross_entropy_with_logits(logits, ink, weight)
    found = logits.sigmoid()
    overlap = 2 * (found * ink).sum() / (found.sum() + ink.sum() + 1)
    return entropy + 1 - overlap


def vary(pictures: Tensor, ink: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Turned, mirrored, with channels exchanged and inverted at random, the whole batch alike.

    Only the inversion differs from picture to picture. Same shapes, same types.
    """
    turns, mirrored, *_ = torch.randint(4, (2,), generator=generator).tolist()
    pictures, ink = torch.rot90(pictures, turns, (1, 2)), torch.rot90(ink, turns, (1, 2))
    if mirrored % 2:
        pictures, ink = pictures.flip(2), ink.flip(2)
    pictures = pictures[..., torch.randperm(3, generator=generator)]
    inverted = torch.rand((len(pictures), 1, 1, 1), generator=generator) < INVERTED
    return torch.where(inverted, 255 - pictures, pictures), ink


@torch.inference_mode()
def overlap(network: nn.Module, pictures: Pictures) -> float:
    """Mean intersection over union of the marks found and drawn, in [0, 1]."""
    network.eval()
    shares = []
    device = next(network.parameters()).device
    for start in range(0, len(pictures[0]), 32):
        batch, ink = (torch.from_numpy(array[start : start + 32]).to(device) for array in pictures)
        found, drawn = network(to_inputs(batch)).sigmoid() > MARK, ink > 255 * MARK
        common = (found & drawn).sum((1, 2)) + 1e-6
        shares.append(common / ((found | drawn).sum((1, 2)) + 1e-6))
    return float(torch.cat(shares).mean())


def load_pictures(recipe: InkRecipe, cache: Path | None) -> tuple[Pictures, dict[str, Pictures]]:
    """The pictures to train on, and those of development by name."""

    def draw() -> dict[str, np.ndarray]:
        pictures, ink = ink_pictures(recipe.pictures, recipe.data_seed)
        return {"pictures": pictures, "ink": ink}

    request = {"ink pictures": recipe.pictures, "seed": recipe.data_seed}
    arrays = cached(cache, "ink", request, draw)
    digits = pen_digits("development")[:: recipe.development_step]
    return (arrays["pictures"], arrays["ink"]), development_pictures(digits)


def train_ink(
    recipe: InkRecipe,
    training: Pictures,
    development: dict[str, Pictures],
    setup: dict[str, Any],
    checkpoint: Path,
    log: RunLog,
    *,
    start: InkNetwork | None = None,
    resume: bool = False,
) -> tuple[InkNetwork, list[dict[str, float]]]:
    """Train by a recipe, or continue from the checkpoint, which is written after each epoch.

    Args:
        recipe: the hyperparameters.
        training, development: of :func:`load_pictures`.
        setup: all that decides the result, with its "seed"; compared with the checkpoint's.
        checkpoint: the file.
        log: is told of each epoch.
        start: a trained network of the recipe's shape to go on from; None: random weights.
        resume: whether to continue.

    Returns:
        The averaged network, in evaluation mode, and a row of figures for each epoch.

    Raises:
        CheckpointError: there is none to continue from, or it is of another setup.
        ModelError: ``start`` is of another shape.
    """
    from digit_model.training.sheets import ink_training_sheet  # matplotlib takes a second

    torch.manual_seed(setup["seed"])
    network = InkNetwork(recipe.network)  # not channels_last: batch normalisation of so few is slow
    if start is not None:
        start_from(network, start)
    network = network.to(best_device())
    task = Task(
        network=network,
        steps=len(training[0]) // recipe.batch_size,
        batches=partial(_batches, training, recipe.batch_size, setup["seed"]),
        loss=_loss,
        measure=lambda ema: {name: overlap(ema, each) for name, each in development.items()},
        sheet=("ink_training_pictures.png", partial(ink_training_sheet, training)),
    )
    ema, history = fit(task, recipe, setup, checkpoint, log, resume=resume)
    return averaged(network, ema), history


def _batches(
    pictures: Pictures, batch_size: int, seed: int, epoch: int
) -> Iterator[tuple[Tensor, Tensor]]:
    generator = torch.Generator().manual_seed(seed * 1000 + epoch)
    order = torch.randperm(len(pictures[0]), generator=generator).numpy()
    for step in range(len(order) // batch_size):
        chosen = np.sort(order[step * batch_size : (step + 1) * batch_size])
        drawn, ink = (torch.from_numpy(array[chosen]) for array in pictures)
        yield vary(drawn, ink, generator)


def _loss(network: nn.Module, batch: tuple[Tensor, Tensor]) -> Tensor:
    device = next(network.parameters()).device
    pictures, ink = (tensor.to(device, non_blocking=True) for tensor in batch)
    inputs = to_inputs(pictures).contiguous()
    with autocast(device):
        logits = network(inputs).float()
    return ink_loss(logits, ink.float() / 255)
