"""Training the ink network, see :mod:`digit_model.ink_network`, on pictures with their ink."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from digit_model.data.ink_pictures import development_pictures, ink_pictures
from digit_model.data.strokes import pen_digits
from digit_model.ink.marks import MARK
from digit_model.ink_network import InkNetwork, to_inputs
from digit_model.model_folder import ModelError
from digit_model.training.cache import cached
from digit_model.training.checkpoint import TrainingState
from digit_model.training.recipe import InkRecipe
from digit_model.training.schedule import one_cycle

Pictures = tuple[np.ndarray, np.ndarray]  # uint8 (N, 160, 160, 3) and their ink, (N, 160, 160)

DRY_RUN_PICTURES = 32
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
    for start in range(0, len(pictures[0]), 32):
        batch, ink = (torch.from_numpy(array[start : start + 32]) for array in pictures)
        found, drawn = network(to_inputs(batch)).sigmoid() > MARK, ink > 255 * MARK
        common = (found & drawn).sum((1, 2)) + 1e-6
        shares.append(common / ((found | drawn).sum((1, 2)) + 1e-6))
    return float(torch.cat(shares).mean())


def load_pictures(
    recipe: InkRecipe, cache: Path | None, *, dry_run: bool
) -> tuple[Pictures, dict[str, Pictures]]:
    """The pictures to train on, and those of development by name."""
    count = DRY_RUN_PICTURES if dry_run else recipe.pictures

    def draw() -> dict[str, np.ndarray]:
        pictures, ink = ink_pictures(count, recipe.data_seed)
        return {"pictures": pictures, "ink": ink}

    file = cache and cache.parent / f"{cache.name}.ink.safetensors"
    arrays = cached(file, {"ink pictures": count, "seed": recipe.data_seed}, draw)
    digits = pen_digits("development")[:: 100 if dry_run else 4]
    return (arrays["pictures"], arrays["ink"]), development_pictures(digits)


def train_ink(
    recipe: InkRecipe,
    training: Pictures,
    development: dict[str, Pictures],
    setup: dict[str, Any],
    checkpoint: Path,
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
        start: a trained network of the recipe's shape to go on from; None: random weights.
        resume: whether to continue.

    Returns:
        The averaged network, in evaluation mode, and a row of figures for each epoch.

    Raises:
        CheckpointError: the checkpoint can't be resumed.
        ModelError: ``start`` has another shape.
    """
    torch.manual_seed(setup["seed"])
    network = InkNetwork(recipe.network).to(memory_format=torch.channels_last)
    if start is not None:
        if start.config != recipe.network:
            raise ModelError("The ink network to start from is not of the recipe's shape.")
        network.load_state_dict(start.state_dict())
    ema = AveragedModel(
        network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema_decay), use_buffers=True
    )
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=recipe.weight_decay)
    state = TrainingState({"network": network, "ema": ema}, [optimizer])
    if resume:
        state.restore(checkpoint, setup)
    for epoch in range(len(state.history), recipe.epochs):
        row = _train_epoch(network, ema, optimizer, training, recipe, epoch, setup["seed"])
        row |= {name: overlap(ema, pictures) for name, pictures in development.items()}
        state.history.append({"epoch": epoch + 1} | row)
        print("  ".join(f"{name} {value:.4g}" for name, value in row.items()), flush=True)
        state.save(checkpoint, setup)
    trained = InkNetwork(recipe.network)
    trained.load_state_dict(ema.module.state_dict())
    return trained.eval(), state.history


def _train_epoch(
    network: InkNetwork,
    ema: AveragedModel,
    optimizer: torch.optim.Optimizer,
    pictures: Pictures,
    recipe: InkRecipe,
    epoch: int,
    seed: int,
) -> dict[str, float]:
    # Seeded by the epoch, so that a resumed run is the same as an uninterrupted one.
    generator = torch.Generator().manual_seed(seed * 1000 + epoch)
    order = torch.randperm(len(pictures[0]), generator=generator).numpy()
    steps = len(order) // recipe.batch_size
    network.train()
    total, start = 0.0, time.perf_counter()
    for step in tqdm(range(steps), desc=f"epoch {epoch + 1}/{recipe.epochs}", disable=None):
        chosen = np.sort(order[step * recipe.batch_size : (step + 1) * recipe.batch_size])
        drawn, ink = (torch.from_numpy(array[chosen]) for array in pictures)
        batch, ink = vary(drawn, ink, generator)
        progress = (epoch + step / steps) / recipe.epochs
        for group in optimizer.param_groups:
            group["lr"] = one_cycle(progress, recipe.learning_rate)
        inputs = to_inputs(batch).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = network(inputs).float()
        loss = ink_loss(logits, ink.float() / 255)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        ema.update_parameters(network)
        total += loss.item()
    return {"loss": total / steps, "seconds": time.perf_counter() - start}
