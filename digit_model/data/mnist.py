"""MNIST (LeCun, Cortes and Burges, 1998): training, development and test images.

Only :mod:`digit_model.evaluation` reads the test split.
"""

from pathlib import Path
from typing import Literal

import numpy as np

from digit_model.data import DataError, Digits, Part
from digit_model.data.degradation import degrade
from digit_model.data.parallel import map_parallel
from digit_model.preprocess import preprocess

DEVELOPMENT_IMAGES = 5_000  # the last of the training split; not trained on


def load_mnist(data_dir: Path, split: Literal["train", "test"]) -> Digits:
    """One split as published; downloaded into ``data_dir`` if it isn't there.

    Raises:
        DataError: it is not in ``data_dir``/MNIST/raw and can't be downloaded, or is damaged.
    """
    from torchvision.datasets import MNIST

    folder = data_dir / "MNIST" / "raw"
    name = "train" if split == "train" else "t10k"
    present = (folder / f"{name}-images-idx3-ubyte").exists()
    try:
        dataset = MNIST(data_dir, train=split == "train", download=not present)
    except Exception as error:  # torchvision raises almost anything on a bad or missing file
        raise DataError(f"MNIST is not in {folder} and can't be downloaded or read.") from error
    return dataset.data.numpy(), dataset.targets.numpy().astype(np.int64)


def mnist_digits(
    data_dir: Path, part: Part, *, limit: int | None = None, shard: slice = slice(None)
) -> Digits:
    """The first 55,000 images of the training split, or the last 5,000, preprocessed.

    Args:
        limit: number of images, before sharding; None: all.
        shard: the share of one process in distributed training.
    """
    raw, labels = load_mnist(data_dir, "train")
    cut = len(raw) - DEVELOPMENT_IMAGES
    chosen = slice(None, cut) if part == "training" else slice(cut, None)
    images, labels = (array[chosen][:limit][shard] for array in (raw, labels))
    return map_parallel(preprocess, list(images), title="MNIST"), labels


def degraded_mnist(data_dir: Path, count: int, seed: int, shard: slice = slice(None)) -> Digits:
    """``count`` random training images, degraded before they are preprocessed."""
    raw, labels = load_mnist(data_dir, "train")
    rng = np.random.default_rng((seed, 6))
    chosen = rng.permutation(len(raw) - DEVELOPMENT_IMAGES)[:count][shard]
    jobs = [(raw[index], (seed, 7, int(index))) for index in chosen]
    return map_parallel(_degrade, jobs, title="degraded MNIST"), labels[chosen]


def _degrade(job: tuple[np.ndarray, tuple[int, ...]]) -> np.ndarray:
    image, seed = job
    digit = preprocess(degrade(image, np.random.default_rng(seed)))
    return digit if digit.any() else preprocess(image)  # degraded until no ink was left
