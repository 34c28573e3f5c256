"""Batched augmentation of normalised digits: plain functions on tensors, one per family.

Each takes float (N, 1, 28, 28) in [0, 1], a ``torch.Generator`` and a strength, and returns the
same shape and range. Strength 0 is the identity; the same generator state gives the same result.
"""

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def augment(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """All families in the order in which the world applies them: hand, pen, then camera."""
    images = warp(images, generator, strength)
    images = change_pen(images, generator, strength)
    images = change_light(images, generator, strength)
    return occlude(images, generator, strength)


def _normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


def _uniform(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return torch.rand(shape, generator=generator)


def _chosen(count: int, share: float, generator: Generator) -> Tensor:
    """bool (N, 1, 1, 1): a random ``share`` of the batch."""
    return (_uniform((count,), generator) < share).view(-1, 1, 1, 1)


def warp(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Rotation, slant, size, shift and an elastic wobble (Simard, Steinkraus and Platt, 2003).

    Standard deviations at strength 1: 6 degrees, slant 0.12, size 6 %, shift 0.6 pixel, elastic
    displacement 0.9 pixel at knots a third of the picture apart: a hand that writes differently,
    not one that trembles. Size and shift stay small: serving has removed them already.
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
    knots = _normal((count, 2, 4, 4), generator) * 0.9 * strength * 2 / size
    wobble = F.interpolate(knots, size=(size, size), mode="bicubic", align_corners=True)
    grid = grid + wobble.permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, mode="bilinear", align_corners=False)


def change_pen(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Thicken a quarter of the strokes and thin another, each by up to one pixel all around."""
    count = images.shape[0]
    amount = _uniform((count,), generator).view(-1, 1, 1, 1) * min(1.0, strength)
    kind = _uniform((count,), generator).view(-1, 1, 1, 1)
    thick = F.max_pool2d(images, 3, stride=1, padding=1)
    # A thin stroke must not vanish: at most half of it is taken away.
    thin = images + 0.5 * (-F.max_pool2d(-images, 3, stride=1, padding=1) - images)
    target = torch.where(kind < 0.25, thick, torch.where(kind < 0.5, thin, images))
    return images + amount * (target - images)


def change_light(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """Contrast curve, blur, sensor noise and fog, each on a share of the batch."""
    count = images.shape[0]
    if strength == 0:
        return images
    gamma = torch.exp(_normal((count,), generator) * 0.35 * strength).view(-1, 1, 1, 1)
    images = torch.where(_chosen(count, 0.3, generator), images.clamp(min=1e-6) ** gamma, images)
    kernel = torch.tensor([1.0, 2.0, 1.0])
    kernel = (kernel[:, None] * kernel[None] / 16).view(1, 1, 3, 3)
    soft = F.conv2d(images, kernel, padding=1)
    amount = _uniform((count,), generator).view(-1, 1, 1, 1) * min(1.0, strength)
    images = torch.where(_chosen(count, 0.25, generator), images + amount * (soft - images), images)
    sigma = _uniform((count,), generator).view(-1, 1, 1, 1) * 0.2 * strength
    noisy = images + sigma * _normal(tuple(images.shape), generator)
    images = torch.where(_chosen(count, 0.2, generator), noisy, images)
    fog = _uniform((count,), generator).view(-1, 1, 1, 1) * 0.4 * strength
    fogged = images * (1 - fog) + fog * _uniform((count,), generator).view(-1, 1, 1, 1)
    images = torch.where(_chosen(count, 0.1, generator), fogged, images)
    return images.clamp(0.0, 1.0)


def occlude(images: Tensor, generator: Generator, strength: float = 1.0) -> Tensor:
    """A straight line of ink or of paper across the picture: overdrawn, or rubbed out."""
    count, size = images.shape[0], images.shape[-1]
    if strength == 0:
        return images
    angle = _uniform((count,), generator).view(-1, 1, 1) * math.pi
    offset = (_uniform((count,), generator).view(-1, 1, 1) - 0.5) * size * 0.9
    width = 0.4 + _uniform((count,), generator).view(-1, 1, 1) * 0.9
    centred = torch.arange(size) - (size - 1) / 2
    distance = (centred * torch.cos(angle) + centred[:, None] * torch.sin(angle) - offset).abs()
    line = (width + 0.5 - distance).clamp(0, 1).unsqueeze(1)
    inked = torch.maximum(images, line * _uniform((count,), generator).view(-1, 1, 1, 1))
    rubbed = images * (1 - line)
    images = torch.where(_chosen(count, 0.06 * strength, generator), inked, images)
    return torch.where(_chosen(count, 0.06 * strength, generator), rubbed, images)
