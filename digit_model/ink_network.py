"""The network that finds handwriting in a photograph, and its input from pixels."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.architectures import InkNetworkConfig
from digit_model.pyramid import Pyramid

LEAST_CONTRAST = 6.0  # grey levels: what varies less than this is not amplified to look like ink


class InkNetwork(Pyramid):
    """A U-Net (Ronneberger, Fischer and Brox, 2015) from RGB to the ink at each pixel.

    Its last step is a pixel shuffle (Shi et al., 2016) back to the picture's size.
    """

    def __init__(self, config: InkNetworkConfig) -> None:
        super().__init__(3, config.widths, config.dilations, config.widths[-2::-1])
        self.config = config
        self.head = nn.Conv2d(config.widths[0], 4, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        """float (N, 3, h, w) of :func:`to_inputs`, sides multiples of 16 → logits (N, h, w)."""
        return F.pixel_shuffle(self.head(self.features(inputs)), 2).squeeze(1)

    @torch.inference_mode()
    def find_ink(self, picture: np.ndarray) -> np.ndarray:
        """uint8 RGB (h, w, 3), sides multiples of 16 → ink, float32 (h, w) in [0, 1]."""
        return self(to_inputs(torch.from_numpy(picture[None]))).sigmoid()[0].numpy()


def to_inputs(pictures: Tensor) -> Tensor:
    """uint8 (N, h, w, 3) → the network's input, float (N, 3, h, w): standardised pictures.

    Each channel has the mean 0 over the picture, so that the light's colour doesn't matter, and all
    three together have the standard deviation 1 or less.
    """
    inputs = pictures.permute(0, 3, 1, 2).to(torch.float32)
    inputs = inputs - inputs.mean(dim=(2, 3), keepdim=True)
    deviation = inputs.square().mean(dim=(1, 2, 3), keepdim=True).sqrt()
    return inputs / deviation.clamp_min(LEAST_CONTRAST)
