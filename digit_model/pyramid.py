"""What the ink network and the number network have in common: a U-Net's way down and up again."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.convolution import Convolution


class Pyramid(nn.Module):
    """Features at a part of the picture's size, from those at a sixteenth of it.

    A 5×5 convolution of stride 2, two 3×3 convolutions on each further level, dilated ones at the
    bottom (Yu and Koltun, 2016), and nearest-neighbour upsampling.
    """

    def __init__(
        self, channels: int, widths: Sequence[int], dilations: Sequence[int], outputs: Sequence[int]
    ) -> None:
        """
        Args:
            channels: of the input.
            widths: channels at a half, a quarter, an eighth … of its side.
            dilations: of the convolutions at the bottom.
            outputs: channels of each level on the way up, one for each doubling of the size.
        """
        super().__init__()
        self.stem = Convolution(channels, widths[0], 5, stride=2)
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(above, width, stride=2), Convolution(width, width))
            for above, width in pairwise(widths)
        )
        self.bottom = nn.Sequential(
            *(Convolution(widths[-1], widths[-1], dilation=rate) for rate in dilations)
        )
        below = [widths[-1], *outputs[:-1]]
        self.up = nn.ModuleList(
            Convolution(deep + beside, width)
            for deep, beside, width in zip(below, widths[-2::-1], outputs, strict=False)
        )

    def features(self, inputs: Tensor) -> Tensor:
        """float (N, channels, h, w), sides multiples of 16 → (N, outputs[-1], …, …)."""
        features = [self.stem(inputs)]
        for level in self.down:
            features.append(level(features[-1]))
        deep = self.bottom(features.pop())
        for level in self.up:
            upsampled = F.interpolate(deep, scale_factor=2.0, mode="nearest")
            deep = level(torch.cat([upsampled, features.pop()], dim=1))
        return deep
