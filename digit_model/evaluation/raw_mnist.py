"""MNIST's test images without preprocessing, for the recipe mnist-fast.

A module of its own, because the other sets need libraries that take a second to import.
"""

from pathlib import Path

import torch
from torch import Tensor

from digit_model.data.mnist import load_mnist
from digit_model.network import DigitCNN, to_inputs


def crop(images: Tensor, margin: int) -> Tensor:
    """(N, h, w) without so many pixels on each side."""
    rows, columns = images.shape[1:]
    return images[:, margin : rows - margin, margin : columns - margin]


@torch.inference_mode()
def raw_mnist_accuracy(network: DigitCNN, data_dir: Path, margin: int = 0) -> float:
    """Share of the 10,000, cropped by a margin, that the network recognises, in [0, 1].

    Raises:
        DataError: MNIST can't be read or downloaded.
    """
    images, labels = map(torch.from_numpy, load_mnist(data_dir, "test"))
    batches = crop(images, margin).split(1000)
    answers = torch.cat([network(to_inputs(batch)).argmax(1) for batch in batches])
    return float((answers == labels).double().mean())
