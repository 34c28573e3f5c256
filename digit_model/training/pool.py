"""The pictures of one training cycle: MNIST's, drawn ones, and ink that is no digit."""

import dataclasses
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from digit_model.training import data
from digit_model.training.recipe import DRAWN, Recipe
from digit_model.training.renderings import Arrays, drawn_once

TRAINING = "training"  # MNIST's part of it; all other sets of load_fixed() validate
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
    renderings: Path | None = None  # what is drawn stays beside it: RENDERINGS.<cycle>.safetensors
    rank: int = 0
    world: int = 1
    dry_run: bool = False  # next to nothing of each

    def drawn_once(self, what: str, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
        """``draw()``, or what is kept of an earlier time that it was called for the same."""
        file = None
        if self.renderings:
            process = f".{self.rank}" if self.world > 1 else ""
            file = self.renderings.parent / f"{self.renderings.name}.{what}{process}.safetensors"
        request |= {
            "data": str(self.data_dir.resolve()),
            "process": [self.rank, self.world],
            "dry run": self.dry_run,
        }
        return drawn_once(file, request, draw)


def load_fixed(source: Source) -> tuple[data.Digits, dict[str, data.Digits]]:
    """What all cycles share: this process's part of MNIST's training images, and, for the first
    process, the validation sets by name."""

    def draw() -> Arrays:
        limit = 512 if source.dry_run else None
        part = slice(source.rank, None, source.world)
        mnist = partial(data.mnist_training, source.data_dir, limit=limit)
        sets = {TRAINING: mnist(held_out=False, part=part)}
        if source.rank == 0:
            drawings = data.writers(held_out=True)
            sets["MNIST"] = mnist(held_out=True)
            sets |= data.all_validation(drawings[:32] if source.dry_run else drawings)
        named = {name + IMAGES: digits[0] for name, digits in sets.items()}
        return named | {name + LABELS: digits[1] for name, digits in sets.items()}

    arrays = source.drawn_once("fixed", {}, draw)
    sets = {
        name.removesuffix(IMAGES): (arrays[name], arrays[name.removesuffix(IMAGES) + LABELS])
        for name in sorted(arrays)  # in one order, drawn now or kept: calibration goes through them
        if name.endswith(IMAGES)
    }
    return sets.pop(TRAINING), sets


def load_cycle(source: Source, recipe: Recipe, cycle: int, mnist: data.Digits) -> TrainingSet:
    """This process's pictures of one cycle, counted from 0, of a run."""
    number = recipe.drawn + cycle  # the seed

    def draw() -> Arrays:
        part = slice(source.rank, None, source.world)
        rendered = [
            data.stroke_training(recipe.variants, recipe.synthetic, number, part),
            data.photograph_training(recipe.photographs, number, part),
            data.scan_training(recipe.scan_variants, number, part),
            data.worn_training(source.data_dir, recipe.worn, number, part),
        ]
        images, labels = (np.concatenate(arrays) for arrays in zip(*rendered, strict=True))
        seed = number * source.world + source.rank
        others = data.nondigits(recipe.nondigits // source.world, seed)
        return {"images": images, "labels": labels, "others": others}

    request = {"recipe": {name: getattr(recipe, name) for name in DRAWN}, "cycle": number}
    arrays = source.drawn_once(str(number), request, draw)
    rendered = arrays["images"], arrays["labels"]
    return TrainingSet(mnist, rendered, arrays["others"], recipe.cycles[cycle].rendered_share)
