"""The optimizers of a :class:`~digit_model.network.DigitCNN`: Muon for its 3×3 convolutions."""

from collections.abc import Sequence

from torch import Tensor, nn
from torch.optim import AdamW, Muon, Optimizer


class ConvolutionMuon(Muon):
    """Muon (Jordan et al., 2024) on convolutions, each seen as a matrix with a row per filter.

    PyTorch's Muon takes matrices only. These share the memory of the weights, which must be in
    ``torch.channels_last``; a step reads the weights' own gradients.
    """

    def __init__(self, weights: Sequence[Tensor], weight_decay: float) -> None:
        """``weights``: (filters, channels, height, width) each. RuntimeError: other layouts."""
        self._pairs = [
            (weight, nn.Parameter(_channels_last(weight.detach()).view(len(weight), -1)))
            for weight in weights
        ]
        super().__init__(
            [matrix for _, matrix in self._pairs],
            weight_decay=weight_decay,
            adjust_lr_fn="match_rms_adamw",  # so that AdamW's learning rate suits both
        )

    def step(self, closure: None = None) -> None:  # type: ignore[override]  # no closures here
        for weight, matrix in self._pairs:
            grad = weight.grad
            matrix.grad = None if grad is None else _channels_last(grad).flatten(1)
        super().step(closure)


def make_optimizers(network: nn.Module, weight_decay: float) -> list[Optimizer]:
    """Muon for the convolutions with many inputs, AdamW for all else; one learning rate for all."""
    convolutions = [
        layer.weight
        for layer in network.modules()
        if isinstance(layer, nn.Conv2d) and layer.in_channels > 1
    ]
    taken = {id(weight) for weight in convolutions}
    others = [weight for weight in network.parameters() if id(weight) not in taken]
    return [
        ConvolutionMuon(convolutions, weight_decay),
        AdamW(others, weight_decay=weight_decay),
    ]


def _channels_last(weight: Tensor) -> Tensor:
    return weight.permute(0, 2, 3, 1)
