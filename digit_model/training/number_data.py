"""What the number network trains on: pictures drawn anew for each epoch, and photographs."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset, Sampler
from tqdm import tqdm

from digit_model.data.number_photographs import photographed_number
from digit_model.data.number_pictures import MOST_DRAWN_MARKS, NumberPicture, number_picture
from digit_model.data.streams import Stream
from digit_model.fusion import fuse
from digit_model.training.cache import cached
from digit_model.training.recipe import NumberRecipe
from digit_model.weights import Weights

FEW_PICTURES = 16  # are drawn sooner than processes for them start
NO_MARK = -1  # class of the rows that pad a picture's marks

# Ink, uint8 (N, 96, 320), the marks' boxes, float32 (N, 40, 4), and classes, int64 (N, 40).
Batch = tuple[Tensor, Tensor, Tensor]
Seed = tuple[int, ...]


class Drawn(Dataset[Batch]):
    """The picture of each seed, as a batch has it, without the first axis."""

    def __init__(self, draw: Callable[[Seed], NumberPicture]) -> None:
        self.draw = draw

    def __getitem__(self, seed: Any) -> Batch:
        cv2.setNumThreads(1)
        ink, boxes, classes = self.draw(seed)
        padding = MOST_DRAWN_MARKS - len(classes)
        return (
            torch.from_numpy(ink),
            F.pad(torch.from_numpy(boxes), (0, 0, 0, padding)),
            F.pad(torch.from_numpy(classes), (0, padding), value=NO_MARK),
        )


class TrainingPictures(Drawn):
    """The same, but a share of them is one of the photographs, which take too long to draw anew."""

    def __init__(self, photographs: Batch | None = None, share: float = 0.0) -> None:
        super().__init__(number_picture)
        self.photographs, self.share = photographs, share

    def __getitem__(self, seed: Any) -> Batch:
        rng = np.random.default_rng((*seed, Stream.PHOTOGRAPHED_NUMBERS))
        if self.photographs is None or rng.random() >= self.share:
            return super().__getitem__(seed)
        chosen = int(rng.integers(len(self.photographs[0])))
        ink, boxes, classes = (values[chosen] for values in self.photographs)
        return ink, boxes, classes


class Seeds(Sampler[Seed]):
    """The seeds of an epoch's pictures; set ``epoch`` before each."""

    def __init__(self, seed: int, pictures: int) -> None:
        self.seed, self.pictures, self.epoch = seed, pictures, 0

    def __iter__(self) -> Iterator[Seed]:
        begin = self.seed, Stream.NUMBERS, self.epoch
        return iter([(*begin, number) for number in range(self.pictures)])

    def __len__(self) -> int:
        return self.pictures


def make_loader(dataset: Dataset[Batch], seeds: Seeds, batch_size: int) -> DataLoader[Batch]:
    """Whole batches only; a few pictures are drawn here, more of them in a process a core."""
    processes = 0 if len(seeds) <= FEW_PICTURES else os.cpu_count() or 1
    return DataLoader(
        dataset,
        batch_size,
        sampler=seeds,
        num_workers=processes,
        drop_last=True,
        persistent_workers=processes > 0,
        multiprocessing_context="forkserver" if processes else None,
    )


def load_photographs(recipe: NumberRecipe, weights: Weights, cache: Path | None) -> Batch:
    """The recipe's photographs, in which these weights find the ink; shared among processes."""
    names = "ink", "boxes", "classes"

    def draw() -> dict[str, np.ndarray]:
        find_ink = fuse(weights.networks.ink).find_ink
        drawn = Drawn(partial(photographed_number, find_ink=find_ink))
        loader = make_loader(drawn, Seeds(recipe.data_seed, recipe.photographs), 1)
        rows = list(tqdm(loader, desc="photographs of numbers", leave=False, disable=None))
        stacked = (torch.cat(values).numpy() for values in zip(*rows, strict=True))
        return dict(zip(names, stacked, strict=True))

    request = {
        "photographs of numbers": recipe.photographs,
        "seed": recipe.data_seed,
        "ink network": weights.config.hashes.ink_sha256,
    }
    arrays = cached(cache, "number", request, draw)
    ink, boxes, classes = (torch.from_numpy(arrays[name]).share_memory_() for name in names)
    return ink, boxes, classes
