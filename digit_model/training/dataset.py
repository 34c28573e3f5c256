"""The training set of one cycle: MNIST, generated digits and non-digits."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from digit_model.data import Digits
from digit_model.data.development_sets import validation_sets
from digit_model.data.mnist import degraded_mnist, mnist_digits
from digit_model.data.nondigits import nondigits
from digit_model.data.strokes import pen_digits
from digit_model.data.training_sets import photograph_training, scan_training, stroke_training
from digit_model.training.cache import Arrays, cached
from digit_model.training.recipe import DATA_FIELDS, Recipe

# Names in the cache of load_mnist_and_validation().
TRAINING = "training"  # MNIST's training images; all other sets are for validation
IMAGES, LABELS = " images", " labels"  # suffixes
DRY_RUN_SIZE = 32  # images of each kind that a dry run generates in each process


@dataclasses.dataclass
class TrainingSet:
    """uint8 images in memory; an epoch has all of ``mnist`` and a random share of ``rendered``."""

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
            others = rng.integers(0, max(1, len(self.nondigits)), nondigits_per_batch)
            yield (
                torch.from_numpy(images[batch]),
                torch.from_numpy(labels[batch]),
                torch.from_numpy(self.nondigits[others]),
            )

    def add(self, digits: Digits, nondigits: np.ndarray) -> None:
        """Add a user's data: digits that every epoch takes, and non-digits."""
        images, labels = self.mnist
        self.mnist = np.concatenate([images, digits[0]]), np.concatenate([labels, digits[1]])
        self.nondigits = np.concatenate([self.nondigits, nondigits])

    def steps(self, batch_size: int) -> int:
        """Full batches in an epoch."""
        return (len(self.mnist[1]) + self._rendered_count()) // batch_size

    def _rendered_count(self) -> int:
        return int(len(self.rendered[1]) * self.rendered_share)


@dataclasses.dataclass(frozen=True)
class DataSource:
    """Where a process reads or generates its shard of the data."""

    data_dir: Path  # with MNIST/raw
    cache: Path | None = None  # generated data is stored in CACHE.<name>.safetensors
    rank: int = 0
    world_size: int = 1
    dry_run: bool = False  # only DRY_RUN_SIZE images of each kind
    validation_photographs: int = 100  # of each kind

    @property
    def shard(self) -> slice:
        """The part of the generated data that this process generates."""
        end = DRY_RUN_SIZE * self.world_size if self.dry_run else None
        return slice(self.rank, end, self.world_size)

    def cached(self, name: str, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
        """The result of ``draw()``, from this process's cache file if the request is the same."""
        file = None
        if self.cache:
            process = f".{self.rank}" if self.world_size > 1 else ""
            file = self.cache.parent / f"{self.cache.name}.{name}{process}.safetensors"
        request |= {
            "data": str(self.data_dir.resolve()),
            "process": [self.rank, self.world_size],
            "dry run": self.dry_run,
        }
        return cached(file, request, draw)


def load_mnist_and_validation(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
    """The data that is the same in all cycles.

    Returns:
        This process's shard of MNIST's training images, and the validation sets by name; only the
        first process has any.
    """

    def draw() -> Arrays:
        training, development = (4 * DRY_RUN_SIZE, DRY_RUN_SIZE) if source.dry_run else (None, None)
        shard = slice(source.rank, None, source.world_size)
        sets = {TRAINING: mnist_digits(source.data_dir, "training", limit=training, shard=shard)}
        if source.rank == 0:
            sets["MNIST"] = mnist_digits(source.data_dir, "development", limit=development)
            digits = pen_digits("development")[:development]
            each = 1 if source.dry_run else source.validation_photographs
            sets |= validation_sets(digits, photographs=each)
        named = {name + IMAGES: digits[0] for name, digits in sets.items()}
        return named | {name + LABELS: digits[1] for name, digits in sets.items()}

    request = {"validation photographs": source.validation_photographs}
    arrays = source.cached("fixed", request, draw)
    sets = {
        name.removesuffix(IMAGES): (arrays[name], arrays[name.removesuffix(IMAGES) + LABELS])
        # Sorted, to have the same order with and without a cache: calibration depends on it.
        for name in sorted(arrays)
        if name.endswith(IMAGES)
    }
    return sets.pop(TRAINING), sets


def load_cycle(source: DataSource, recipe: Recipe, cycle: int, mnist: Digits) -> TrainingSet:
    """This process's training set of one cycle, counted from 0."""
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
        process_seed = seed * source.world_size + source.rank
        outliers = nondigits(recipe.nondigits // source.world_size, process_seed)
        return {"images": images, "labels": labels, "nondigits": outliers}

    request = {"recipe": {name: getattr(recipe, name) for name in DATA_FIELDS}, "cycle": seed}
    arrays = source.cached(str(seed), request, draw)
    rendered = arrays["images"], arrays["labels"]
    return TrainingSet(mnist, rendered, arrays["nondigits"], recipe.cycles[cycle].rendered_share)
