"""The pictures of one training cycle: MNIST's, drawn ones, and ink that is no digit."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from digit_model.data import Digits
from digit_model.data.development_sets import training_validation
from digit_model.data.mnist import degraded_mnist, mnist_digits
from digit_model.data.nondigits import nondigits
from digit_model.data.strokes import pen_digits
from digit_model.data.training_sets import photograph_training, scan_training, stroke_training
from digit_model.training.cache import Arrays, cached
from digit_model.training.recipe import DATA_FIELDS, Recipe

TRAINING = "training"  # MNIST's part of it; all other sets of load_fixed() validate
IMAGES, LABELS = " images", " labels"  # the arrays of a set
DRY_RUN = 64  # pictures of each kind that a dry run draws, in each process


@dataclasses.dataclass
class TrainingSet:
    """uint8 digits in memory; an epoch takes all of ``mnist`` and a share of ``rendered``."""

    mnist: Digits
    rendered: Digits
    nondigits: np.ndarray
    rendered_share: float

    def epoch(
        self, batch_size: int, nondigits_per_batch: int, rng: np.random.Generator
    ) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        """Batches of digits, uint8 (N, 28, 28), labels, (N,), and non-digits, uint8 (M, 28, 28)."""
        chosen = rng.permutation(len(self.rendered[1]))[: self._rendered_count()]
        images = np.concatenate([self.mnist[0], self.rendered[0][chosen]])
        labels = np.concatenate([self.mnist[1], self.rendered[1][chosen]])
        order = rng.permutation(len(labels))
        for start in range(0, len(order) - batch_size + 1, batch_size):
            batch = order[start : start + batch_size]
            others = self.nondigits[rng.integers(0, len(self.nondigits), nondigits_per_batch)]
            yield (
                torch.from_numpy(images[batch]),
                torch.from_numpy(labels[batch]),
                torch.from_numpy(others),
            )

    def add(self, digits: Digits, nondigits: np.ndarray) -> None:
        """Pictures of people's own: digits that every epoch takes, and ink that is none."""
        images, labels = self.mnist
        self.mnist = np.concatenate([images, digits[0]]), np.concatenate([labels, digits[1]])
        self.nondigits = np.concatenate([self.nondigits, nondigits])

    def steps(self, batch_size: int) -> int:
        return (len(self.mnist[1]) + self._rendered_count()) // batch_size

    def _rendered_count(self) -> int:
        return int(len(self.rendered[1]) * self.rendered_share)


@dataclasses.dataclass(frozen=True)
class DataSource:
    """Where a process gets its shard of the pictures from."""

    data_dir: Path  # with MNIST/raw
    cache: Path | None = None  # what is drawn is kept in files CACHE.<what>.safetensors
    rank: int = 0
    world: int = 1
    dry_run: bool = False  # next to nothing of each

    @property
    def shard(self) -> slice:
        """Which of the pictures to be drawn this process draws."""
        return slice(self.rank, DRY_RUN * self.world if self.dry_run else None, self.world)

    def cached(self, what: str, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
        """``draw()``, or what it gave at an earlier time for the same request."""
        file = None
        if self.cache:
            process = f".{self.rank}" if self.world > 1 else ""
            file = self.cache.parent / f"{self.cache.name}.{what}{process}.safetensors"
        request |= {
            "data": str(self.data_dir.resolve()),
            "process": [self.rank, self.world],
            "dry run": self.dry_run,
        }
        return cached(file, request, draw)


def load_fixed(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
    """What all cycles share: this process's shard of MNIST's training images, and, for the first
    process, the validation sets by name."""

    def draw() -> Arrays:
        training, development = (4 * DRY_RUN, DRY_RUN) if source.dry_run else (None, None)
        shard = slice(source.rank, None, source.world)
        sets = {TRAINING: mnist_digits(source.data_dir, "training", limit=training, shard=shard)}
        if source.rank == 0:
            sets["MNIST"] = mnist_digits(source.data_dir, "development", limit=development)
            digits = pen_digits("development")[:development]
            sets |= training_validation(digits, photographs=1 if source.dry_run else 100)
        named = {name + IMAGES: digits[0] for name, digits in sets.items()}
        return named | {name + LABELS: digits[1] for name, digits in sets.items()}

    arrays = source.cached("fixed", {}, draw)
    sets = {
        name.removesuffix(IMAGES): (arrays[name], arrays[name.removesuffix(IMAGES) + LABELS])
        for name in sorted(arrays)  # in one order, drawn now or cached: calibration depends on it
        if name.endswith(IMAGES)
    }
    return sets.pop(TRAINING), sets


def load_cycle(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
    """This process's pictures of one cycle, counted from 0, of a run."""
    seed = recipe.first_data_seed + cycle

    def draw() -> Arrays:
        shard = source.shard
        rendered = [
            stroke_training(recipe.stroke_variants, recipe.allographs, seed, shard),
            photograph_training(recipe.photographs, seed, shard),
            scan_training(recipe.scan_variants, seed, shard),
            degraded_mnist(source.data_dir, recipe.degraded, seed, shard),
        ]
        images, labels = (np.concatenate(arrays) for arrays in zip(*rendered, strict=True))
        own_seed = seed * source.world + source.rank
        others = nondigits(recipe.nondigits // source.world, own_seed)
        return {"images": images, "labels": labels, "nondigits": others}

    request = {"recipe": {name: getattr(recipe, name) for name in DATA_FIELDS}, "cycle": seed}
    arrays = source.cached(str(seed), request, draw)
    rendered = arrays["images"], arrays["labels"]
    return TrainingSet(mnist, rendered, arrays["nondigits"], recipe.cycles[cycle].rendered_share)
