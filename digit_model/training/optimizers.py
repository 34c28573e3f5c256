"""The optimizers of a :class:`~digit_model.network.DigitCNN`: Muon for its 3×3 convolutions."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from digit_model.training.precision import multiplied_type

MOMENTUM = 0.95
LIKE_ADAMW = 0.2  # root mean square of an update by the learning rate 1, as AdamW's is (Liu et al.)
# Of the polynomial whose iteration brings singular values near 1 (Jordan et al., 2024).
COEFFICIENTS, ITERATIONS = (3.4445, -4.7750, 2.0315), 5


class ConvolutionMuon(Optimizer):
    """Muon (Jordan et al., 2024) for convolutions, each as a matrix with one row per filter.

    PyTorch's Muon takes matrices only, and always multiplies them in bfloat16, which takes a
    processor without units for it twenty times as long as float32. The learning rate is AdamW's,
    by the factor of Liu et al. (2025), so that both can use one.
    """

    def __init__(self, weights: Sequence[Tensor], weight_decay: float) -> None:
        """``weights``: each (filters, channels, height, width)."""
        super().__init__(weights, {"lr": 1e-3, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closures here
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group["lr"], group["weight_decay"])

    def _move(self, weight: Tensor, gradient: Tensor, rate: float, weight_decay: float) -> None:
        state = self.state[weight]
        if not state:
            state["momentum_buffer"] = torch.zeros_like(weight)
        momentum = state["momentum_buffer"].lerp_(gradient, 1 - MOMENTUM)
        matrix = gradient.lerp(momentum, MOMENTUM).flatten(1)  # Nesterov's
        update = orthogonalize(matrix).view(weight.shape)
        weight.mul_(1 - rate * weight_decay)
        weight.add_(update, alpha=-rate * LIKE_ADAMW * math.sqrt(max(matrix.shape)))


def orthogonalize(matrix: Tensor) -> Tensor:
    """The matrix, (rows, columns), with its singular values brought near 1, to within a half.

    Newton-Schulz iterations, which need no decomposition (Jordan et al., 2024).
    """
    a, b, c = COEFFICIENTS
    is_high = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if is_high else matrix
    x = x.to(multiplied_type(x.device))
    x = x / x.norm().clamp_min(1e-7)
    for _ in range(ITERATIONS):
        gram = x @ x.T
        x = torch.addmm(x, torch.addmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return (x.T if is_high else x).to(matrix.dtype)


def make_optimizers(network: nn.Module, weight_decay: float) -> list[Optimizer]:
    """Muon for the convolutions with several input channels, AdamW for all other parameters."""
    convolutions = [
        layer.weight
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d) and layer.in_channels > 1
    ]
    convolution_ids = {id(weight) for weight in convolutions}
    others = [weight for weight in network.parameters() if id(weight) not in convolution_ids]
    return [
        ConvolutionMuon(convolutions, weight_decay),
        AdamW(others, weight_decay=weight_decay),
    ]
