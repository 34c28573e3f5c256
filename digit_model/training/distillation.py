"""Trained networks as a starting point or as teachers (Hinton, Vinyals and Dean, 2015)."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from digit_model.fusion import fuse
from digit_model.model_folder import ModelError
from digit_model.network import DigitCNN, NetworkConfig
from digit_model.weights import load_weights


class Ensemble(nn.Module):
    """The mean of several networks' probabilities."""

    def __init__(self, networks: Sequence[DigitCNN]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(fuse(network) for network in networks)
        self.to(memory_format=torch.channels_last)

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 1, 28, 28) in [0, 1] → probabilities, float (N, 10)."""
        probabilities = [network(inputs).float().softmax(dim=1) for network in self.networks]
        return torch.stack(probabilities).mean(dim=0)


def load_ensemble(folders: Sequence[Path]) -> tuple[Ensemble, list[str]]:
    """The ensemble of the networks in these folders, and the SHA-256 of each one's weights.

    Raises:
        ModelError: one of them can't be loaded.
    """
    loaded = [load_weights(folder) for folder in folders]
    networks = [weights.networks.digit for weights in loaded]
    return Ensemble(networks), [weights.config.hashes.sha256 for weights in loaded]


def load_initial_network(
    folder: Path, architecture: NetworkConfig
) -> tuple[DigitCNN, dict[str, Any]]:
    """A trained network to start from, with the SHA-256 of its weights and their training config.

    Raises:
        ModelError: it can't be loaded, or has another architecture.
    """
    networks, config = load_weights(folder)
    if config.network != architecture:
        raise ModelError(f"The network in {folder} is not of the recipe's shape.")
    return networks.digit, {"sha256": config.hashes.sha256, "training": config.training}


def blend(start: DigitCNN, trained: DigitCNN, start_share: float) -> DigitCNN:
    """The weighted mean of two networks' weights, of which one was trained from the other."""
    blended = DigitCNN(trained.config)
    initial = start.state_dict()
    blended.load_state_dict(
        {
            name: torch.lerp(tensor.double(), initial[name].double(), start_share).to(tensor.dtype)
            for name, tensor in trained.state_dict().items()
        }
    )
    return blended.eval()
