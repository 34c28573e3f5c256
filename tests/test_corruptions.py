"""The corruptions do what their names say: against Pillow, arithmetic and counting."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digit_model.evaluation.corruptions import CORRUPTIONS, Corruption, plasma
from digit_model.evaluation.robustness import UNSEEN_CORRUPTIONS
from digit_model.preprocess import preprocess

FIXTURE = Path(__file__).parent / "fixtures" / "mnist_test_sample.npz"
BOTH = (*CORRUPTIONS, *UNSEEN_CORRUPTIONS)
BY_NAME = {corruption.name: corruption for corruption in BOTH}
EVERY = pytest.mark.parametrize("corruption", BOTH, ids=lambda corruption: corruption.name)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    with np.load(FIXTURE) as arrays:
        return arrays["images"][:20]


def test_there_are_fifteen_and_six_that_nothing_has_seen() -> None:
    assert (len(CORRUPTIONS), len(UNSEEN_CORRUPTIONS), len(BY_NAME)) == (15, 6, 21)
    assert {corruption.seen for corruption in UNSEEN_CORRUPTIONS} == {"no"}


@EVERY
def test_shape_range_and_seed(corruption: Corruption, images: np.ndarray) -> None:
    before = images.copy()
    first = np.stack([corruption(image, (1, number)) for number, image in enumerate(images)])
    again = np.stack([corruption(image, (1, number)) for number, image in enumerate(images)])
    assert first.dtype == np.uint8
    assert first.shape == images.shape
    assert np.array_equal(first, again)
    assert np.array_equal(images, before)
    assert all((one != other).any() for one, other in zip(first, images, strict=True))
    other_seed = np.stack([corruption(image, (2, number)) for number, image in enumerate(images)])
    by_chance = corruption.name not in (
        *("scale", "brightness", "stripe", "canny edges", "pixelate"),
    )
    assert (first != other_seed).any() == by_chance


@EVERY
def test_the_pipeline_takes_it(corruption: Corruption, images: np.ndarray) -> None:
    digits = [preprocess(corruption(image, 0)) for image in images]
    assert np.mean([digit.any() for digit in digits]) > 0.8


def affine_by_pillow(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """The pixel at p shows ``matrix @ p``, from the image's middle; Pillow counts from corners."""
    picture = Image.fromarray(np.pad(image, 8).astype(np.float32))
    shift = np.full(2, 22.0) - matrix @ np.full(2, 22.0)
    coefficients = np.column_stack([matrix, shift]).ravel().tolist()
    moved = picture.transform(
        picture.size, Image.Transform.AFFINE, coefficients, Image.Resampling.BILINEAR
    )
    return np.asarray(moved)[8:-8, 8:-8]


def rotation(angle: float) -> np.ndarray:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


@pytest.mark.parametrize(
    ("name", "matrices"),
    [
        ("rotate", [rotation(0.4), rotation(-0.4)]),
        ("scale", [np.eye(2) / 0.7]),
        (
            "shear",
            [
                np.array([[1, -np.sin(0.4)], [0, np.cos(0.4)]]),
                np.array([[1, np.sin(0.4)], [0, np.cos(0.4)]]),
            ],
        ),
    ],
)
def test_affine_maps_are_pillows(name: str, matrices: list[np.ndarray], images: np.ndarray) -> None:
    used = set()
    for number, image in enumerate(images):
        corrupted = BY_NAME[name](image, number).astype(float)
        gaps = [np.abs(corrupted - affine_by_pillow(image, matrix)).max() for matrix in matrices]
        used.add(int(np.argmin(gaps)))
        assert min(gaps) < 12  # grey levels: OpenCV weighs in 32nds of a pixel
    assert used == set(range(len(matrices)))


def test_translation_is_by_three_pixels_each_way(images: np.ndarray) -> None:
    wide = np.pad(images, ((0, 0), (3, 3), (3, 3)))
    used = set()
    for number, (image, padded) in enumerate(zip(images, wide, strict=True)):
        corrupted = BY_NAME["translate"](image, number)
        found = [
            (y, x)
            for y in (0, 6)
            for x in (0, 6)
            if np.array_equal(padded[y : y + 28, x : x + 28], corrupted)
        ]
        assert len(found) == 1
        used.add(found[0])
    assert len(used) == 4


def test_noise_has_the_papers_strength() -> None:
    grey = np.full((28, 28), 128, np.uint8)
    impulses = np.stack([BY_NAME["impulse noise"](grey, seed) for seed in range(50)])
    assert np.mean(impulses != 128) == pytest.approx(0.17, abs=0.01)
    assert np.mean(impulses == 255) == pytest.approx(np.mean(impulses == 0), abs=0.01)
    photons = np.stack([BY_NAME["shot noise"](grey, seed) for seed in range(50)])
    assert set(np.unique(photons)) == {0, 85, 170, 255}
    assert np.mean(photons == 0) == pytest.approx(np.exp(-3 * 128 / 255), abs=0.01)
    assert not BY_NAME["shot noise"](np.zeros((28, 28), np.uint8), 0).any()


def test_brightness_and_stripe_are_arithmetic(images: np.ndarray) -> None:
    brighter = BY_NAME["brightness"](images[0], 0)
    assert brighter == pytest.approx(np.minimum(images[0] + 127.5, 255), abs=0.6)
    striped = BY_NAME["stripe"](images[0], 0)
    assert np.array_equal(striped[:, 7:21], images[0][:, 7:21])
    assert np.array_equal(striped[:, :7], 255 - images[0][:, :7])
    assert np.array_equal(striped[:, 21:], 255 - images[0][:, 21:])


def test_blurs_keep_the_ink(images: np.ndarray) -> None:
    for name in ("glass blur", "motion blur"):
        for number, image in enumerate(images):
            blurred = BY_NAME[name](image, number)
            assert blurred.sum(dtype=int) == pytest.approx(image.sum(dtype=int), rel=0.05)
            assert blurred.astype(float).std() < image.astype(float).std()


def test_glass_blur_is_vertical_as_in_the_published_images() -> None:
    class NoSwaps:
        """Random numbers by which no pixel changes its place."""

        def random(self, shape: tuple[int, ...]) -> np.ndarray:
            return np.ones(shape)

        def integers(self, low: int, high: int, size: tuple[int, ...]) -> np.ndarray:
            return np.zeros(size, int)

    bar = np.zeros((28, 28))
    bar[14] = 1.0
    swaps: Any = NoSwaps()
    across, along = (BY_NAME["glass blur"].apply(ink, swaps) for ink in (bar, bar.T))
    rows = np.arange(28)
    assert across.mean(axis=1) @ (rows - 14) ** 2 * 28 / bar.sum() == pytest.approx(
        2 * 0.7**2, rel=0.05
    )
    assert along == pytest.approx(bar.T)


def test_lines_only_add_ink(images: np.ndarray) -> None:
    for name in ("dotted line", "zigzag"):
        for number, image in enumerate(images):
            assert (BY_NAME[name](image, number) >= image).all()
    dots = BY_NAME["dotted line"](np.zeros((28, 28), np.uint8), 0)
    assert np.array_equal(dots.any(axis=0), (np.arange(28) // 2 % 2 == 1) & (np.arange(28) < 27))
    saw = BY_NAME["zigzag"](np.zeros((28, 28), np.uint8), 1)  # by this seed, around row 12
    assert saw[:, 2:25].any(axis=0).all()
    assert not saw[:, :2].any()
    teeth = [float(np.flatnonzero(saw[:, column]).mean()) for column in range(4, 28, 4)]
    assert teeth == [14, 10, 14, 10, 14, 10]


def test_edges_lie_around_the_stroke() -> None:
    bar = np.zeros((28, 28), np.uint8)
    bar[:, 11:17] = 255
    edges = BY_NAME["canny edges"](bar, 0)
    assert set(np.unique(edges)) == {0, 255}
    assert np.flatnonzero(edges[14]).size == 2
    assert not edges[14, 13:15].any()
    faint = np.where(bar, 45, 0).astype(np.uint8)  # its Sobel response is below a sixth of the most
    assert np.array_equal(BY_NAME["canny edges"](faint, 0), edges)


def test_what_is_unseen_takes_and_adds_what_it_says(images: np.ndarray) -> None:
    for number, image in enumerate(images):
        board = BY_NAME["checkerboard"](image, number)
        kept = board == image
        assert (kept | (board == 0)).all()
        assert (BY_NAME["sparkles"](image, number) >= image).all()
        assert (BY_NAME["concentric waves"](image, number) >= image).all()
        blocks = BY_NAME["pixelate"](image, number)
        assert len(np.unique(blocks, axis=0)) <= 11
        assert blocks.mean() == pytest.approx(image.mean(), rel=0.1)
        torn = BY_NAME["torn"](image, number)
        halves = np.roll(image, 2, axis=1), np.roll(image, -2, axis=1)
        above = [np.array_equal(torn[:10], half[:10]) for half in halves]
        below = [np.array_equal(torn[19:], half[19:]) for half in halves]
        assert any(above)
        assert below[above.index(True) ^ 1]
        swirled = BY_NAME["swirl"](image, number)
        corners = np.hypot(*(np.mgrid[:28, :28] - 13.5)) > 14
        assert np.array_equal(swirled[corners], image[corners])


def test_the_plasma_is_rough_at_every_scale() -> None:
    clouds = plasma(np.random.default_rng(0), decay=1.4)
    assert clouds.shape == (256, 256)
    assert (clouds.min(), clouds.max()) == (0, 1)
    steps = [np.abs(clouds - np.roll(clouds, step, axis=1)).mean() for step in (1, 4, 16)]
    assert steps[0] < steps[1] < steps[2]
