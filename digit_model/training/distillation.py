"""Trained networks to go on from, and to be taught by (Hinton, Vinyals and Dean, 2015)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from digit_model.network import DigitCNN, NetworkConfig
from digit_model.weights import ModelError, load_weights


class Ensemble(nn.Module):
    """The mean of several networks' probabilities."""

    def __init__(self, networks: Sequence[DigitCNN]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network.fused() for network in networks)
        self.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 1, 28, 28) in [0, 1] → probabilities, float (N, 10)."""
        votes = [network(inputs).float().softmax(dim=1) for network in self.networks]
        return torch.stack(votes).mean(dim=0)


def load_ensemble(folders: Sequence[Path]) -> tuple[Ensemble, list[str]]:
    """The teachers in these folders, and the SHA-256 of each one's weights. Raises ModelError."""
    loaded = [load_weights(folder) for folder in folders]
    return Ensemble([network for network, _ in loaded]), [config.sha256 for _, config in loaded]


def load_start(folder: Path, shape: NetworkConfig) -> tuple[DigitCNN, dict[str, Any]]:
    """A network to train further, the SHA-256 of its weights, and how it was trained so far.

    Raises:
        ModelError: it can't be loaded, or isn't of the shape that the recipe asks for.
    """
    network, config = load_weights(folder)
    if config.network != shape:
        raise ModelError(f"The network in {folder} is not of the recipe's shape.")
    return network, {"sha256": config.sha256, "training": config.training}
