"""Augmentation: harmless at zero strength, repeatable, and within range."""

from collections.abc import Callable

import pytest
import torch
from torch import Generator, Tensor

from digit_model.training.augment import (
    augment,
    random_line,
    random_photometric,
    random_stroke_width,
    random_warp,
)

Augmentation = Callable[[Tensor, Generator, float], Tensor]
functions = pytest.mark.parametrize(
    "function", [augment, random_warp, random_stroke_width, random_photometric, random_line]
)


@pytest.fixture
def images() -> Tensor:
    images = torch.zeros(64, 1, 28, 28)
    images[:, :, 5:23, 12:16] = 0.9
    return images


@functions
def test_zero_strength_is_the_identity(function: Augmentation, images: Tensor) -> None:
    torch.testing.assert_close(function(images, Generator().manual_seed(0), 0.0), images)


@functions
def test_the_same_generator_gives_the_same_result(function: Augmentation, images: Tensor) -> None:
    first, second = (function(images, Generator().manual_seed(5), 1.0) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, function(images, Generator().manual_seed(6), 1.0))


@functions
def test_shape_and_range_are_kept_and_something_changes(
    function: Augmentation, images: Tensor
) -> None:
    result = function(images, Generator().manual_seed(1), 1.0)
    assert result.shape == images.shape
    assert result.min() >= -1e-6
    assert result.max() <= 1 + 1e-6
    assert not torch.equal(result, images)
