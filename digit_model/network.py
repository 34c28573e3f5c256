"""The network: a small convolutional classifier. Pure ``nn.Module``; knows nothing of images."""

import copy
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of a :class:`DigitCNN`; saved in config.json beside the weights."""

    stem: int = 32  # channels of the first convolution
    stages: tuple[tuple[int, ...], ...] = ((64, 64), (128, 128, 128))  # at 14 and at 7 pixels
    dropout: float = 0.3
    classes: int = 10


class DigitCNN(nn.Module):
    """A 5×5 convolution in steps of two, then stages of 3×3 convolutions, each followed by pooling.

    Batch normalisation and ReLU after each convolution (as in VGG with batch normalisation:
    Simonyan and Zisserman, 2015; Ioffe and Szegedy, 2015). The last 3×3 map is flattened, not
    averaged: where on the digit a stroke lies tells a 6 from a 9.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList([nn.Sequential(*_convolution(1, config.stem, 5, stride=2))])
        channels = config.stem
        for widths in config.stages:
            layers = []
            for width in widths:
                layers += _convolution(channels, width, 3)
                channels = width
            self.stages.append(nn.Sequential(*layers, nn.MaxPool2d(2)))
        self.classifier = nn.Linear(channels * 3 * 3, config.classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 1, 28, 28) in [0, 1], 1 = ink → logits, float (N, 10)."""
        features = inputs
        for stage in self.stages:
            features = stage(features)
        features = F.dropout(features.flatten(1), self.config.dropout, self.training)
        return self.classifier(features)

    def fused(self) -> "DigitCNN":
        """A copy for inference, each batch normalisation folded into the convolution before it."""
        network = copy.deepcopy(self).eval()
        network.stages = nn.ModuleList(
            nn.Sequential(*_fuse(stage.children())) for stage in network.stages
        )
        return network


def _fuse(layers: Iterable[nn.Module]) -> list[nn.Module]:
    fused: list[nn.Module] = []
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d) and isinstance(fused[-1], nn.Conv2d):
            fused[-1] = fuse_conv_bn_eval(fused[-1], layer)
        else:
            fused.append(layer)
    return fused


def _convolution(channels: int, width: int, side: int, stride: int = 1) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, width, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]


def to_inputs(digits: Tensor) -> Tensor:
    """uint8 (N, 28, 28) → the network's float (N, 1, 28, 28) in [0, 1]. Training and serving."""
    return digits.unsqueeze(1).to(torch.float32) / 255.0
