"""What all the networks are made of."""

from torch import nn


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
