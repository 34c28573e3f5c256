"""The networks' shapes, saved in config.json beside the weights.

Apart from the networks, since importing PyTorch takes seconds: `train.py` chooses by them before.
"""

from dataclasses import dataclass

LEVELS = 4  # of the ink and the number network: so often they halve a picture's sides, …
GRAIN = 2**LEVELS  # … which are multiples of this, in pixels


@dataclass(frozen=True)
class NetworkConfig:
    """Of a :class:`~digit_model.network.DigitCNN`."""

    stem: int = 32  # channels of the first convolution
    # Channels of each stage's convolutions, on feature maps of 14×14 and 7×7.
    stages: tuple[tuple[int, ...], ...] = ((64, 64), (128, 128, 128))
    dropout: float = 0.3
    classes: int = 10


@dataclass(frozen=True)
class InkNetworkConfig:
    """Of an :class:`~digit_model.ink_network.InkNetwork`."""

    # Channels at a half, a quarter, an eighth and a sixteenth of the picture's side.
    widths: tuple[int, ...] = (12, 24, 40, 64)
    dilations: tuple[int, ...] = (1, 2, 4)  # of the convolutions at the bottom


@dataclass(frozen=True)
class NumberNetworkConfig:
    """Of a :class:`~digit_model.number_network.NumberNetwork`."""

    # Channels at a half, a quarter, an eighth and a sixteenth of the ink's side.
    widths: tuple[int, ...] = (16, 32, 64, 80)
    dilations: tuple[int, ...] = (1, 2, 4)  # of the convolutions at the bottom
    head: int = 48  # channels from which the answers are taken
