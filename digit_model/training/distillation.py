"""Trained networks as teachers (Hinton, Vinyals and Dean, 2015)."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from digit_model.fusion import fuse
from digit_model.network import DigitCNN


class Ensemble(nn.Module):
    """The mean of several networks' probabilities."""

    def __init__(self, networks: Sequence[DigitCNN]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(fuse(network) for network in networks)

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 1, 28, 28) in [0, 1] → probabilities, float (N, 10)."""
        probabilities = [network(inputs).float().softmax(dim=1) for network in self.networks]
        return torch.stack(probabilities).mean(dim=0)
