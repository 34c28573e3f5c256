"""The network that finds handwriting in a photograph, and its input from pixels."""

import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)

LEAST_CONTRAST = 6.0  # grey levels: what varies less than this is not amplified to look like ink


@dataclass(frozen=True)
class InkNetworkConfig:
    """Architecture of an :class:`InkNetwork`; saved in config.json beside the weights."""

    # Channels at a half, a quarter, an eighth and a sixteenth of the picture's side.
    widths: tuple[int, ...] = (12, 24, 40, 64)
    dilations: tuple[int, ...] = (1, 2, 4)  # of the convolutions at the bottom


class Convolution(nn.Sequential):
    """A convolution, batch normalisation and ReLU."""

    def __init__(
        self, channels: int, width: int, kernel: int = 3, *, stride: int = 1, dilation: int = 1
    ) -> None:
        padding = dilation * (kernel // 2)
        super().__init__(
            nn.Conv2d(channels, width, kernel, stride, padding, dilation, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
        )


class InkNetwork(nn.Module):
    """A U-Net (Ronneberger, Fischer and Brox, 2015) from RGB to the ink at each pixel.

    A 5×5 convolution of stride 2, two 3×3 convolutions on each further level, dilated ones at the
    bottom (Yu and Koltun, 2016), nearest-neighbour upsampling, and a pixel shuffle (Shi et al.,
    2016) back to the picture's size.
    """

    def __init__(self, config: InkNetworkConfig) -> None:
        super().__init__()
        self.config = config
        widths = config.widths
        self.stem = Convolution(3, widths[0], 5, stride=2)
        self.down = nn.ModuleList(
            nn.Sequential(Convolution(above, width, stride=2), Convolution(width, width))
            for above, width in pairwise(widths)
        )
        self.bottom = nn.Sequential(
            *(Convolution(widths[-1], widths[-1], dilation=rate) for rate in config.dilations)
        )
        self.up = nn.ModuleList(
            Convolution(below + width, width)
            for below, width in zip(widths[:0:-1], widths[-2::-1], strict=True)
        )
        self.head = nn.Conv2d(widths[0], 4, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 3, h, w) of :func:`to_inputs`, sides multiples of 16 → logits (N, h, w)."""
        features = [self.stem(inputs)]
        for level in self.down:
            features.append(level(features[-1]))
        deep = self.bottom(features.pop())
        for level in self.up:
            upsampled = F.interpolate(deep, scale_factor=2.0, mode="nearest")
            deep = level(torch.cat([upsampled, features.pop()], dim=1))
        return F.pixel_shuffle(self.head(deep), 2).squeeze(1)

    def fused(self) -> "InkNetwork":
        """A copy for inference, with each batch normalisation folded into its convolution."""
        return fuse_convolutions(copy.deepcopy(self))

    @torch.inference_mode()
    def find_ink(self, picture: np.ndarray) -> np.ndarray:
        """uint8 RGB (h, w, 3), sides multiples of 16 → ink, float32 (h, w) in [0, 1]."""
        return self(to_inputs(torch.from_numpy(picture[None]))).sigmoid()[0].numpy()


def fuse_convolutions(network: Network) -> Network:
    """Fold each batch normalisation of a network into its convolution, in place, for inference."""
    for layer in network.eval().modules():
        if isinstance(layer, Convolution):
            convolution, normalization, _ = layer
            layer[0] = fuse_conv_bn_eval(convolution, normalization)  # type: ignore[type-var, arg-type]  # any Module
            layer[1] = nn.Identity()
    return network.to(memory_format=torch.channels_last)


def to_inputs(pictures: Tensor) -> Tensor:
    """uint8 (N, h, w, 3) → the network's input, float (N, 3, h, w): standardised pictures.

    Each channel has the mean 0 over the picture, so that the light's colour doesn't matter, and all
    three together have the standard deviation 1 or less.
    """
    inputs = pictures.permute(0, 3, 1, 2).to(torch.float32)
    inputs = inputs - inputs.mean(dim=(2, 3), keepdim=True)
    deviation = inputs.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return inputs / deviation.clamp_min(LEAST_CONTRAST)
