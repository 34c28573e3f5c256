"""MNIST (LeCun, Cortes and Burges, 1998): training, development and test images.

Only :mod:`digit_model.evaluation` reads the test split.
"""

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from digit_model.data import DataError, Digits, Part
from digit_model.data.degradation import degrade
from digit_model.data.parallel import map_parallel
from digit_model.data.streams import Stream
from digit_model.digit import SIZE
from digit_model.ink import FindInk
from digit_model.preprocess import preprocess

Split = Literal["train", "test"]
FILES: dict[Split, str] = {"train": "train", "test": "t10k"}  # what their names begin with
DEVELOPMENT_IMAGES = 5_000  # the last of the training split; not trained on


def load_mnist(data_dir: Path, split: Split) -> Digits:
    """One split as published; downloaded into ``data_dir`` if it isn't there.

    Raises:
        DataError: it is not in ``data_dir``/MNIST/raw and can't be downloaded, or is damaged.
    """
    files = find_mnist(data_dir, split)
    folder, name = files[0].parent, FILES[split]
    try:
        images, labels = map(_read_idx, files)
        if images.shape != (len(labels), SIZE, SIZE):
            raise ValueError(images.shape)
    except OSError as error:
        raise DataError(f"MNIST in {folder} can't be read: {error.strerror}.") from error
    except (ValueError, IndexError) as error:  # as after a download that was broken off
        raise DataError(
            f"MNIST in {folder} is damaged: delete {name}-* there, and it is downloaded again."
        ) from error
    return images, labels.astype(np.int64)


def find_mnist(data_dir: Path, split: Split) -> tuple[Path, Path]:
    """The files of a split's images and labels, which are not read; downloaded if one is missing.

    Raises:
        DataError: they can't be downloaded.
    """
    folder, name = data_dir / "MNIST" / "raw", FILES[split]
    files = folder / f"{name}-images-idx3-ubyte", folder / f"{name}-labels-idx1-ubyte"
    try:
        if not all(file.exists() for file in files):
            from torchvision.datasets import MNIST  # seconds to import

            MNIST(data_dir, download=True)
    except Exception as error:  # torchvision raises almost anything
        raise DataError(f"MNIST is not in {folder} and can't be downloaded.") from error
    return files


def _read_idx(path: Path) -> np.ndarray:
    """An array of bytes in LeCun's IDX format: 0, 0, 8, the number of dimensions, and their sizes.

    Raises:
        ValueError: the file is of another type, truncated, or too long.
    """
    content = path.read_bytes()
    zeros_and_type, dimensions = content[:3], content[3]
    if zeros_and_type != b"\x00\x00\x08":
        raise ValueError(path)
    start = 4 + 4 * dimensions
    shape = np.frombuffer(content[4:start], ">u4").astype(int)
    # Copied, because torch wants arrays that can be written.
    return np.frombuffer(content[start:], np.uint8).reshape(shape).copy()


def mnist_digits(
    data_dir: Path,
    part: Part,
    *,
    limit: int | None = None,
    shard: slice = slice(None),
    find_ink: FindInk | None = None,
) -> Digits:
    """The first 55,000 images of the training split, or the last 5,000, preprocessed.

    Args:
        limit: number of images, before sharding; None: all.
        shard: the share of one process in distributed training.
        find_ink: the ink network that preprocesses them; None: the one that ships.
    """
    raw, labels = load_mnist(data_dir, "train")
    cut = len(raw) - DEVELOPMENT_IMAGES
    chosen = slice(None, cut) if part == "training" else slice(cut, None)
    images, labels = (array[chosen][:limit][shard] for array in (raw, labels))
    task = partial(preprocess, find_ink=find_ink)
    return map_parallel(task, list(images), title="MNIST"), labels


def degraded_mnist(
    data_dir: Path,
    count: int,
    seed: int,
    shard: slice = slice(None),
    *,
    find_ink: FindInk | None = None,
) -> Digits:
    """``count`` random training images, degraded before they are preprocessed."""
    raw, labels = load_mnist(data_dir, "train")
    rng = np.random.default_rng((seed, Stream.DEGRADED_DIGITS))
    chosen = rng.permutation(len(raw) - DEVELOPMENT_IMAGES)[:count][shard]
    jobs = [(raw[index], (seed, Stream.DEGRADED, int(index))) for index in chosen]
    task = partial(_degrade, find_ink=find_ink)
    return map_parallel(task, jobs, title="degraded MNIST"), labels[chosen]


def _degrade(job: tuple[np.ndarray, tuple[int, ...]], find_ink: FindInk | None) -> np.ndarray:
    image, seed = job
    digit = preprocess(degrade(image, np.random.default_rng(seed)), find_ink)
    return digit if digit.any() else preprocess(image, find_ink)  # degraded until no ink was left
