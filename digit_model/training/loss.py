"""The loss of a training step."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from digit_model.network import to_inputs
from digit_model.training.augment import augment
from digit_model.training.precision import autocast


def batch_loss(
    network: nn.Module,
    digits: Tensor,
    labels: Tensor,
    nondigits: Tensor,
    *,
    outlier_weight: float,
    augmentation: float,
    generator: torch.Generator,
    teachers: nn.Module | None = None,
    distillation_weight: float = 0.0,
) -> Tensor:
    """Cross-entropy with the labels on digits, and with the uniform distribution on non-digits.

    Args:
        digits, nondigits: uint8 (N, 28, 28) and (M, 28, 28), 255 = ink.
        labels: int64 (N,).
        outlier_weight: of the loss on non-digits (outlier exposure, Hendrycks et al., 2019).
        augmentation: strength, 0 for none.
        generator: random numbers of the augmentation.
        teachers: inputs → probabilities, (N, 10), of the same augmented digits.
        distillation_weight: in [0, 1]; weight of the teachers' probabilities in the targets, the
            rest being the one-hot labels.
    """
    inputs = to_inputs(torch.cat([digits, nondigits]))
    if augmentation:
        inputs = augment(inputs, generator, augmentation)
    device = next(network.parameters()).device
    inputs = inputs.to(device, memory_format=torch.channels_last)
    with autocast(device):
        logits = network(inputs).float()
        targets = F.one_hot(labels.to(device), logits.shape[1]).float()
        if teachers is not None:
            targets = torch.lerp(targets, teachers(inputs[: len(digits)]), distillation_weight)
    loss = F.cross_entropy(logits[: len(digits)], targets)
    if len(nondigits):
        uniform = torch.full_like(logits[len(digits) :], 1 / logits.shape[1])
        loss = loss + outlier_weight * F.cross_entropy(logits[len(digits) :], uniform)
    return loss
