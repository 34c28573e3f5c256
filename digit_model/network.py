"""The network: a small convolutional classifier, and its input from uint8 digits."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.architectures import NetworkConfig
from digit_model.convolution import Convolution


class DigitCNN(nn.Module):
    """A 5×5 convolution of stride 2, then stages of 3×3 convolutions, each with 2×2 max pooling.

    Batch normalisation and ReLU follow each convolution, as in VGG with batch normalisation
    (Simonyan and Zisserman, 2015; Ioffe and Szegedy, 2015). The last 3×3 feature map is flattened,
    not averaged, because the position of a stroke matters: it distinguishes a 6 from a 9.
    """

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config
        self.stages = nn.ModuleList([Convolution(1, config.stem, 5, stride=2)])
        channels = config.stem
        for widths in config.stages:
            layers: list[nn.Module] = []
            for width in widths:
                layers += Convolution(channels, width)  # its layers: the weights' names stay short
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


def to_inputs(digits: Tensor) -> Tensor:
    """uint8 (N, 28, 28) → the network's input, float (N, 1, 28, 28) in [0, 1]."""
    return digits.unsqueeze(1).to(torch.float32) / 255.0
