"""The network that finds the digits of a number in its ink, and its input from ink."""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.architectures import NumberNetworkConfig
from digit_model.number import DIGIT_HEIGHT, OTHER
from digit_model.pyramid import Pyramid

CELL = 4  # pixels of the ink per cell of the answer
CLASSES = OTHER + 1


class NumberNetwork(Pyramid):
    """Ink → what is centred in each cell of 4×4 pixels, and how far it reaches.

    A feature pyramid (Lin et al., 2017) with the answers of CenterNet (Zhou, Wang and Krähenbühl,
    2019): whether something is centred here, which class it is of, and its box.
    """

    def __init__(self, config: NumberNetworkConfig) -> None:
        outputs = [*config.widths[-2:1:-1], config.head]  # up to a quarter of the ink's side
        super().__init__(1, config.widths, config.dilations, outputs)
        self.config = config
        self.answers = nn.Conv2d(config.head, 1 + CLASSES + 4, 1)
        with torch.no_grad():
            self.answers.get_parameter("bias")[0] = -4.0  # nearly all cells are empty

    def forward(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Ink, float (N, 1, h, w) in [0, 1], sides multiples of 16, h/4 × w/4 cells.

        Returns:
            Logits that something is centred in a cell, (N, h/4, w/4); logits of its classes,
            (N, 11, h/4, w/4); and the distances from the cell's middle to the left, upper, right
            and lower side of its box, (N, 4, h/4, w/4), in pixels.
        """
        answers = self.answers(self.features(inputs))
        reach = DIGIT_HEIGHT / 2 * F.softplus(answers[:, 1 + CLASSES :])
        return answers[:, 0], answers[:, 1 : 1 + CLASSES], reach

    @torch.inference_mode()
    def find_digits(self, ink: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Ink, float32 (h, w) in [0, 1], sides multiples of 16 → what is centred in each cell.

        Returns:
            float32 probabilities that something is, (h/4, w/4); of its classes, (11, h/4, w/4);
            and the box's sides left, top, right, bottom in pixels of the ink, (4, h/4, w/4).
        """
        centred, classes, reach = self(torch.from_numpy(ink)[None, None])
        boxes = to_boxes(reach)
        return centred[0].sigmoid().numpy(), classes[0].softmax(0).numpy(), boxes[0].numpy()


def to_boxes(reach: Tensor) -> Tensor:
    """Distances from the cells' middles, (N, 4, h, w) → left, top, right, bottom in pixels."""
    rows, columns = reach.shape[-2:]
    x = (torch.arange(columns, device=reach.device) + 0.5) * CELL
    y = (torch.arange(rows, device=reach.device) + 0.5) * CELL
    left, top, right, bottom = reach.unbind(1)
    return torch.stack([x - left, y[:, None] - top, x + right, y[:, None] + bottom], 1)
