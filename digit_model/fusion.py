"""Networks for inference: each batch normalisation folded into the convolution before it."""

import copy
from itertools import pairwise
from typing import TypeVar

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

Network = TypeVar("Network", bound=nn.Module)


def fuse(network: Network) -> Network:
    """A copy in evaluation mode that answers the same, sooner. It takes channels last."""
    network = copy.deepcopy(network).eval()
    for layers in [*network.modules()]:
        if isinstance(layers, nn.Sequential):
            for index, (layer, following) in enumerate(pairwise([*layers])):
                if isinstance(layer, nn.Conv2d) and isinstance(following, nn.BatchNorm2d):
                    layers[index] = fuse_conv_bn_eval(layer, following)
                    layers[index + 1] = nn.Identity()
    return network.to(memory_format=torch.channels_last)
