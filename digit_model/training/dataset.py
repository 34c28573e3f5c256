"""The training set of one cycle: MNIST, generated digits and non-digits."""

import dataclasses
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from digit_model.data import Digits
from digit_model.data.held_out_sets import validation_sets
from digit_model.data.mnist import degraded_mnist, mnist_digits
from digit_model.data.nondigits import nondigits
from digit_model.data.strokes import pen_digits
from digit_model.data.training_sets import (
    allograph_training,
    flagged_training,
    photograph_training,
    scan_training,
    stroke_training,
)
from digit_model.fusion import fuse
from digit_model.ink import FindInk
from digit_model.training.cache import Arrays, cached
from digit_model.training.recipe import Recipe
from digit_model.weights import Weights

IMAGES, LABELS = " images", " labels"  # suffixes of a set's name in the cache
# MNIST's training images in the cache; all other sets beside it are for validation.
TRAINING = "training"
DRY_RUN_SIZE = 8  # images of each kind that a dry run generates in each process


@dataclasses.dataclass
class TrainingSet:
    """uint8 images in memory; an epoch has all of ``mnist`` and a random share of ``rendered``."""

    mnist: Digits
    rendered: Digits
    nondigits: np.ndarray
    rendered_share: float
    # How many of ``rendered`` are of each family of data, in its order.
    families: dict[str, int] = dataclasses.field(default_factory=dict)
    added: int = 0  # how many of ``mnist``, its last ones, are a user's
    added_nondigits: int = 0  # and of ``nondigits``

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
        self.added += len(digits[1])
        self.added_nondigits += len(nondigits)
        images, labels = self.mnist
        self.mnist = np.concatenate([images, digits[0]]), np.concatenate([labels, digits[1]])
        self.nondigits = np.concatenate([self.nondigits, nondigits])

    def samples(self, count: int) -> dict[str, np.ndarray]:
        """At most ``count`` images of each family, MNIST and non-digits included; of none, none.

        None of a user's: sheets of them go out with the weights.
        """
        ends = np.cumsum([0, *self.families.values()])
        images = {
            name: self.rendered[0][start:end]
            for name, start, end in zip(self.families, ends, ends[1:], strict=False)
        }
        mnist = self.mnist[0][: len(self.mnist[0]) - self.added]
        nondigits = self.nondigits[: len(self.nondigits) - self.added_nondigits]
        images = {"MNIST": mnist} | images | {"non-digits": nondigits}
        return {
            name: family[:: max(1, len(family) // count)][:count]
            for name, family in images.items()
            if len(family)
        }

    def steps(self, batch_size: int) -> int:
        """Full batches in an epoch."""
        return (len(self.mnist[1]) + self._rendered_count()) // batch_size

    def _rendered_count(self) -> int:
        return int(len(self.rendered[1]) * self.rendered_share)


@dataclasses.dataclass(frozen=True)
class DataSource:
    """Where a process reads or generates its shard of the data."""

    data_dir: Path  # with MNIST/raw
    neighbours: Weights  # whose ink network preprocesses
    cache: Path | None = None  # for generated data, see digit_model.training.cache
    rank: int = 0
    world_size: int = 1
    dry_run: bool = False  # only DRY_RUN_SIZE images of each kind
    mnist: int | None = None  # of its training images; None: all
    validation_photographs: int = 100  # of each kind

    @cached_property
    def find_ink(self) -> FindInk:
        return fuse(self.neighbours.networks.ink).find_ink

    @property
    def shard(self) -> slice:
        """The part of the generated data that this process generates."""
        end = DRY_RUN_SIZE * self.world_size if self.dry_run else None
        return slice(self.rank, end, self.world_size)

    def cached(self, name: str, request: dict[str, Any], draw: Callable[[], Arrays]) -> Arrays:
        """The result of ``draw()``, from this process's cache file if the request is the same."""
        process = f".{self.rank}" if self.world_size > 1 else ""
        request |= {
            "data": str(self.data_dir.resolve()),
            "process": [self.rank, self.world_size],
            "dry run": self.dry_run,
            "ink network": self.neighbours.config.hashes.ink_sha256,
        }
        return cached(self.cache, f"{name}{process}", request, draw)


class Family(NamedTuple):
    """A kind of generated digits: what a recipe says of its amount, and what draws so much."""

    field: str
    draw: Callable[[DataSource, int, int], Digits]  # with this amount and seed


def _degraded(source: DataSource, count: int, seed: int) -> Digits:
    data_dir, ink = source.data_dir, source.find_ink
    return degraded_mnist(data_dir, count, seed, source.shard, find_ink=ink)


def _drawn_by(draw: Callable[..., Digits]) -> Callable[[DataSource, int, int], Digits]:
    def draw_from(source: DataSource, amount: int, seed: int) -> Digits:
        return draw(amount, seed, source.shard, find_ink=source.find_ink)

    return draw_from


# What a cycle draws, in the order of TrainingSet.rendered.
FAMILIES = {
    "strokes": Family("stroke_variants", _drawn_by(stroke_training)),
    "allographs": Family("allographs", _drawn_by(allograph_training)),
    "1s and 7s": Family("flagged", _drawn_by(flagged_training)),
    "photographs": Family("photographs", _drawn_by(photograph_training)),
    "scans": Family("scan_variants", _drawn_by(scan_training)),
    "degraded MNIST": Family("degraded", _degraded),
}


def load_mnist_and_validation(source: DataSource) -> tuple[Digits, dict[str, Digits]]:
    """The data that is the same in all cycles.

    Returns:
        This process's shard of MNIST's training images, and the validation sets by name; only the
        first process has any.
    """

    def draw() -> Arrays:
        training, development = (source.mnist, None)
        if source.dry_run:
            training, development = 4 * DRY_RUN_SIZE, DRY_RUN_SIZE
        shard = slice(source.rank, None, source.world_size)
        folder, find_ink = source.data_dir, source.find_ink
        digits = mnist_digits(folder, "training", limit=training, shard=shard, find_ink=find_ink)
        sets = {TRAINING: digits}
        if source.rank == 0:
            sets["MNIST"] = mnist_digits(
                folder, "development", limit=development, find_ink=find_ink
            )
            each = 1 if source.dry_run else source.validation_photographs
            sets |= validation_sets(
                pen_digits("development")[:development], photographs=each, find_ink=find_ink
            )
        named = {name + IMAGES: digits[0] for name, digits in sets.items()}
        return named | {name + LABELS: digits[1] for name, digits in sets.items()}

    request = {
        "MNIST": source.mnist,
        "validation photographs": source.validation_photographs,
    }
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
        drawn = {
            name: family.draw(source, getattr(recipe, family.field), seed)
            for name, family in FAMILIES.items()
        }
        process_seed = seed * source.world_size + source.rank
        outliers = nondigits(recipe.nondigits // source.world_size, process_seed, source.find_ink)
        named = {name + IMAGES: images for name, (images, _) in drawn.items()}
        named |= {name + LABELS: labels for name, (_, labels) in drawn.items()}
        return named | {"nondigits": outliers}

    # The seed of a run isn't among it: that changes only the initial weights, the order of the
    # digits and the augmentation.
    fields = [*(family.field for family in FAMILIES.values()), "nondigits"]
    request = {"recipe": {name: getattr(recipe, name) for name in fields}, "cycle": seed}
    arrays = source.cached(str(seed), request, draw)
    images, labels = (
        np.concatenate([arrays[name + part] for name in FAMILIES]) for part in (IMAGES, LABELS)
    )
    return TrainingSet(
        mnist,
        (images, labels),
        arrays["nondigits"],
        recipe.cycles[cycle].rendered_share,
        {name: len(arrays[name + LABELS]) for name in FAMILIES},
    )
