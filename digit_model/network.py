"""The network: a small convolutional classifier. Pure ``nn.Module``; knows nothing of images."""

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval


@dataclass(frozen=True)
class NetworkConfig:
    """Shape of a :class:`DigitCNN`; saved in config.json beside the weights."""

    widths: tuple[int, ...] = (32, 64, 112)  # channels of the stages, at 28, 14 and 7 pixels
    dropout: float = 0.3
    classes: int = 10


class DigitCNN(nn.Module):
    """Three stages of two 3×3 convolutions, each stage halved in size by max-pooling.

    Batch normalisation and ReLU after each convolution (as in VGG with batch normalisation:
    Simonyan and Zisserman, 2015; Ioffe and Szegedy, 2015). The last 3×3 map is flattened, not
    averaged: where on the digit a stroke lies tells a 6 from a 9.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList()
        channels = 1
        for width in config.widths:
            self.stages.append(
                nn.Sequential(*_convolution(channels, width), *_convolution(width, width))
            )
            channels = width
        self.classifier = nn.Linear(channels * 3 * 3, config.classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 1, 28, 28) in [0, 1], 1 = ink → logits, float (N, 10)."""
        features = inputs
        for stage in self.stages:
            features = F.max_pool2d(stage(features), 2)
        features = F.dropout(features.flatten(1), self.config.dropout, self.training)
        return self.classifier(features)

    def fused(self) -> "DigitCNN":
        """A copy for inference, each batch normalisation folded into the convolution before it."""
        network = copy.deepcopy(self).eval()
        network.stages = nn.ModuleList(
            nn.Sequential(
                *(
                    layer
                    for conv, norm, relu in zip(*[iter(stage.children())] * 3, strict=True)
                    for layer in (fuse_conv_bn_eval(conv, norm), relu)
                )
            )
            for stage in network.stages
        )
        return network


def _convolution(channels: int, width: int) -> list[nn.Module]:
    return [
        nn.Conv2d(channels, width, 3, padding=1, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(inplace=True),
    ]


def to_inputs(digits: Tensor) -> Tensor:
    """uint8 (N, 28, 28) → the network's float (N, 1, 28, 28) in [0, 1]. Training and serving."""
    return digits.unsqueeze(1).to(torch.float32) / 255.0
