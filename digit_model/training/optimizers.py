"""The optimizers of a :class:`~digit_model.network.DigitCNN`: Muon for its 3×3 convolutions."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer


class ConvolutionMuon(Muon):
    """Muon (Jordan et al., 2024) for convolutions, each as a matrix with one row per filter.

    PyTorch's Muon takes matrices only. The matrices here are views of the weights, which must
    therefore be in ``torch.channels_last``; a step copies the gradients of the weights to them.
    """

    def __init__(self, weights: Sequence[Tensor], weight_decay: float) -> None:
        """Create the matrices.

        Args:
            weights: each (filters, channels, height, width), in ``torch.channels_last``.

        Raises:
            RuntimeError: a weight has another memory format.
        """
        self._pairs = [
            (weight, nn.Parameter(_channels_last(weight.detach()).view(len(weight), -1)))
            for weight in weights
        ]
        super().__init__(
            [matrix for _, matrix in self._pairs],
            weight_decay=weight_decay,
            adjust_lr_fn="match_rms_adamw",  # so that both optimizers can use one learning rate
        )

    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closures here
        for weight, matrix in self._pairs:
            grad = weight.grad
            matrix.grad = None if grad is None else _channels_last(grad).flatten(1)
        super().step(closure)


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


def _channels_last(weight: Tensor) -> Tensor:
    return weight.permute(0, 2, 3, 1)
