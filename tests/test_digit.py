"""The 28×28 digit is laid out as MNIST's are, wherever and however large the ink was."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digit_model.digit import BOX, CENTRE, normalize_digit
from digit_model.preprocess import preprocess

TEN_TIMES = np.ones((10, 10), np.uint8)
FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="module")
def mnist() -> np.ndarray:
    with np.load(FIXTURES / "mnist_test_sample.npz") as arrays:
        return arrays["images"][:40]


def enlarged(image: np.ndarray, times: int) -> np.ndarray:
    side = 28 * times
    return np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC))


def test_no_ink_gives_an_empty_digit() -> None:
    assert not normalize_digit(np.zeros((50, 60), np.float32))[0].any()


def test_long_side_and_centre_of_mass(mnist: np.ndarray) -> None:
    for image in mnist:
        digit = preprocess(enlarged(image, 10)).astype(float)
        marks = digit > 77
        sides = [int(np.ptp(np.flatnonzero(marks.any(axis=axis)))) + 1 for axis in (0, 1)]
        assert abs(max(sides) - BOX) <= 1
        for axis in (0, 1):
            profile = digit.sum(axis=axis)
            centre = np.average(np.arange(28) + 0.5, weights=profile)
            assert abs(centre - CENTRE) <= 0.6  # half a pixel, and what the rounded edges add


def test_moved_ink_changes_nothing(mnist: np.ndarray) -> None:
    for image in mnist:
        sheet = np.zeros((400, 500), np.uint8)
        sheet[10:206, 20:216] = enlarged(image, 7)
        moved = np.roll(sheet, (150, 240), axis=(0, 1))
        assert np.array_equal(preprocess(moved), preprocess(sheet))


def test_inverted_is_the_same(mnist: np.ndarray) -> None:
    for image in mnist:
        assert np.array_equal(preprocess(255 - image), preprocess(image))


def test_transparent_and_opaque_are_the_same(mnist: np.ndarray) -> None:
    for image in mnist:
        opaque = 255 - enlarged(image, 10)
        transparent = np.dstack([np.zeros((280, 280, 3), np.uint8), enlarged(image, 10)])
        difference = preprocess(transparent).astype(int) - preprocess(opaque)
        assert np.abs(difference).max() <= 3


def test_mnist_enlarged_ten_times_comes_back(mnist: np.ndarray) -> None:
    """To within resampling; a few move by the pixel that MNIST rounded the other way."""
    differences = [np.abs(preprocess(np.kron(i, TEN_TIMES)).astype(int) - i).mean() for i in mnist]
    assert np.median(differences) < 5
    shifts = [np.roll(i, (dy, dx), (0, 1)) for i in mnist for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    nearest = [
        min(
            np.abs(preprocess(np.kron(i, TEN_TIMES)).astype(int) - s).mean()
            for s in shifts[9 * n : 9 * n + 9]
        )
        for n, i in enumerate(mnist)
    ]
    assert np.quantile(nearest, 0.9) < 8


def test_hairlines_are_as_dark_as_markers() -> None:
    ink = np.zeros((600, 600), np.float32)
    ink[100:500, 300:302] = 1
    ink[100:102, 200:300] = 1
    assert normalize_digit(ink)[0].max() == 255
