"""The pictures of one training cycle: MNIST's, drawn ones, and ink that is no digit."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from digit_model.training import data
from digit_model.training.recipe import DRAWN, Recipe
from digit_model.training.renderings import Arrays, drawn_once

IMAGES, LABELS = " images", " labels"  # the arrays of a set


@dataclasses.dataclass
class TrainingSet:
    """uint8 digits in memory; an epoch takes all of ``mnist`` and a ``share`` of ``rendered``."""

    mnist: data.Digits
    rendered: data.Digits
    others: np.ndarray
    share: float

    def epoch(
        self, batch_size: int, beside: int, rng: np.random.Generator
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Batches of digits, uint8 (N, 28, 28), labels, (N,), and non-digits, uint8 (M, 28, 28)."""
        chosen = rng.permutation(len(self.rendered[1]))[: self._taken()]
        images = np.concatenate([self.mnist[0], self.rendered[0][chosen]])
        labels = np.concatenate([self.mnist[1], self.rendered[1][chosen]])
        order = rng.permutation(len(labels))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            batch = order[start : start + batch_size]
            others = self.others[rng.integers(0, len(self.others), beside)]
            yield (
                torch.from_numpy(images[batch]),
                torch.from_numpy(labels[batch]),
                torch.from_numpy(others),
            )

    def add(self, digits: data.Digits, others: np.ndarray) -> None:
        """Corrections: digits that every epoch takes, and ink that is none."""
        images, labels = self.mnist
        self.mnist = np.concatenate([images, digits[0]]), np.concatenate([labels, digits[1]])
        self.others = np.concatenate([self.others, others])

    def steps(self, batch_size: int) -> int:
        return (len(self.mnist[1]) + self._taken()) // batch_size

    def _taken(self) -> int:
        return int(len(self.rendered[1]) * self.share)


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a process gets its share of the pictures from."""

    data_dir: Path  # with MNIST/raw
    renderings: Path | None = None  # a .safetensors that keeps what is drawn, one a cycle
    rank: int = 0
    world: int = 1
    dry_run: bool = False  # next to nothing of each


def load(source: Source, recipe: Recipe, cycle: int) -> tuple[TrainingSet, dict[str, data.Digits]]:
    """This process's share of the cycle's pictures, and, for the first, the validation sets."""
    request = {
        "recipe": {name: getattr(recipe, name) for name in DRAWN},
        "data": str(source.data_dir.resolve()),
        "process": [source.rank, source.world],
        "cycle": cycle,
        "dry run": source.dry_run,
    }
    file = source.renderings
    if file:
        process = f".{source.rank}" if source.world > 1 else ""
        file = file.with_suffix(f".{cycle}{process}{file.suffix}")
    arrays = drawn_once(file, request, lambda: _draw(source, recipe, seed=cycle))
    sets = {
        name.removesuffix(IMAGES): (images, arrays[name.removesuffix(IMAGES) + LABELS])
        for name, images in arrays.items()
        if name.endswith(IMAGES)
    }
    share = recipe.cycles[cycle].rendered_share
    training = TrainingSet(sets.pop("training"), sets.pop("rendered"), arrays["others"], share)
    return training, sets


def _draw(source: Source, recipe: Recipe, seed: int) -> Arrays:
    """All sets by name, images and labels; the same for every ``--seed`` of a run."""
    rank, world = source.rank, source.world
    limit = 512 if source.dry_run else None
    mnist, held_out = data.mnist_training(source.data_dir, limit=limit)
    drawings = data.writers(held_out=True)
    drawings = drawings[:32] if source.dry_run else drawings
    part = slice(rank, None, world)
    rendered = [
        data.stroke_training(recipe.variants, recipe.synthetic, seed, part),
        data.photograph_training(recipe.photographs, seed, part),
        data.scan_training(recipe.scan_variants, seed, part),
        data.worn_training(source.data_dir, recipe.worn, seed, part),
    ]
    images, labels = (np.concatenate(arrays) for arrays in zip(*rendered, strict=True))
    sets = {"training": (mnist[0][part], mnist[1][part]), "rendered": (images, labels)}
    if rank == 0:
        sets |= {"MNIST": held_out, **data.all_validation(drawings)}
    named = {name + IMAGES: digits[0] for name, digits in sets.items()}
    named |= {name + LABELS: digits[1] for name, digits in sets.items()}
    # Far from the seeds of the validation and evaluation sets.
    return named | {"others": data.nondigits(recipe.nondigits // world, seed * world + rank)}
