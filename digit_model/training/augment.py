"""Batched augmentation of preprocessed digits.

Each function takes float (N, 1, 28, 28) in [0, 1], a ``torch.Generator`` and a strength, and
returns the same shape and range. Strength 0 is the identity; the same generator state gives the
same result.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def augment(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """All augmentations: geometric, then stroke width, then photometric, then lines."""
    images = random_warp(images, generator, strength)
    images = random_stroke_width(images, generator, strength)
    images = random_photometric(images, generator, strength)
    return random_line(images, generator, strength)


def _normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


def _uniform(count: int, generator: Generator) -> Tensor:
    """A number in [0, 1) for each image: float (N, 1, 1, 1)."""
    return torch.rand((count, 1, 1, 1), generator=generator)


def _random_mask(count: int, share: float, generator: Generator) -> Tensor:
    """bool (N, 1, 1, 1), each True with probability ``share``."""
    return _uniform(count, generator) < share


def random_warp(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Affine and elastic deformation (Simard, Steinkraus and Platt, 2003).

    Standard deviations at strength 1: rotation 6 degrees, slant 0.12, size 6 %, shift 0.6 pixels,
    elastic displacement 0.9 pixels at control points a third of the image apart. The grid is coarse
    because handwriting differs in shape rather than in fine tremor; size and shift are small
    because preprocessing normalises them.
    """
    count, size = images.shape[0], images.shape[-1]
    angle = _normal((count,), generator) * math.radians(6) * strength
    slant = _normal((count,), generator) * 0.12 * strength
    zoom = torch.exp(_normal((2, count), generator) * 0.06 * strength)
    shift = _normal((count, 2), generator) * 0.6 * strength * 2 / size
    cos, sin = torch.cos(angle), torch.sin(angle)
    top = torch.stack([cos * zoom[0], (slant * cos - sin) * zoom[0], shift[:, 0]], dim=1)
    bottom = torch.stack([sin * zoom[1], (slant * sin + cos) * zoom[1], shift[:, 1]], dim=1)
    grid = F.affine_grid(torch.stack([top, bottom], dim=1), list(images.shape), align_corners=False)
    control_points = _normal((count, 2, 4, 4), generator) * 0.9 * strength * 2 / size
    displacement = F.interpolate(
        control_points, size=(size, size), mode="bicubic", align_corners=True
    )
    grid = grid + displacement.permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", align_corners=False)


def random_stroke_width(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Dilate a quarter of the images and erode another quarter, by up to one pixel on each side."""
    count = images.shape[0]
    amount = _uniform(count, generator) * min(1.0, strength)
    choice = _uniform(count, generator)
    dilated = F.max_pool2d(images, 3, stride=1, padding=1)
    # Half of the erosion at most, so that thin strokes don't vanish.
    eroded = images + 0.5 * (-F.max_pool2d(-images, 3, stride=1, padding=1) - images)
    target = torch.where(choice < 0.25, dilated, torch.where(choice < 0.5, eroded, images))
    return images + amount * (target - images)


def random_photometric(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Gamma, blur, Gaussian noise and blending with grey, each on a random share of the batch."""
    count = images.shape[0]
    if strength == 0:
        return images
    gamma = torch.exp(_normal((count, 1, 1, 1), generator) * 0.35 * strength)
    mask = _random_mask(count, 0.3, generator)
    images = torch.where(mask, images.clamp(min=1e-6) ** gamma, images)

    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel[None] / 16).view(1, 1, 3, 3)
    amount = _uniform(count, generator) * min(1.0, strength)
    mask = _random_mask(count, 0.25, generator)
    blurred = images + amount * (F.conv2d(images, kernel, padding=1) - images)
    images = torch.where(mask, blurred, images)

    sigma = _uniform(count, generator) * 0.2 * strength
    noisy = images + sigma * _normal(tuple(images.shape), generator)
    images = torch.where(_random_mask(count, 0.2, generator), noisy, images)

    opacity = _uniform(count, generator) * 0.4 * strength
    blended = images * (1 - opacity) + opacity * _uniform(count, generator)
    images = torch.where(_random_mask(count, 0.1, generator), blended, images)
    return images.clamp(0.0, 1.0)


def random_line(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """A straight line of ink on 6 % of the batch, and one of paper on 6 %."""
    count, size = images.shape[0], images.shape[-1]
    if strength == 0:
        return images
    angle = _uniform(count, generator) * math.pi
    offset = (_uniform(count, generator) - 0.5) * size * 0.9  # pixels from the centre
    half_width = 0.4 + _uniform(count, generator) * 0.9  # pixels
    centred = torch.arange(size) - (size - 1) / 2
    distance = (centred * torch.cos(angle) + centred[:, None] * torch.sin(angle) - offset).abs()
    line = (half_width + 0.5 - distance).clamp(0, 1)
    with_ink = torch.maximum(images, line * _uniform(count, generator))
    with_paper = images * (1 - line)
    images = torch.where(_random_mask(count, 0.06 * strength, generator), with_ink, images)
    return torch.where(_random_mask(count, 0.06 * strength, generator), with_paper, images)
