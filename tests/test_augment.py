"""Augmentation: harmless at zero strength, repeatable, and within range."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor

from digit_model.training.augment import augment, change_light, change_pen, occlude, warp

Family = Callable[[Tensor, Generator, float], Tensor]
families = pytest.mark.parametrize("family", [augment, warp, change_pen, change_light, occlude])


@pytest.fixture
def images() -> Tensor:
    images = torch.zeros(64, 1, 28, 28)
    images[:, :, 5:23, 12:16] = 0.9
    return images


@families
def test_zero_strength_is_the_identity(family: Family, images: Tensor) -> None:
    torch.testing.assert_close(family(images, Generator().manual_seed(0), 0.0), images)


@families
def test_the_same_generator_gives_the_same_result(family: Family, images: Tensor) -> None:
    first, second = (family(images, Generator().manual_seed(5), 1.0) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, family(images, Generator().manual_seed(6), 1.0))


@families
def test_shape_and_range_are_kept_and_something_changes(family: Family, images: Tensor) -> None:
    result = family(images, Generator().manual_seed(1), 1.0)
    assert result.shape == images.shape
    assert result.min() >= -1e-6
    assert result.max() <= 1 + 1e-6
    assert not torch.equal(result, images)
