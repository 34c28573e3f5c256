"""What training draws is kept for runs that ask for the same."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from mnist_files import write_mnist

from digit_model.data.conditions import CONDITIONS
from digit_model.data.held_out_sets import stroke_set
from digit_model.data.strokes import pen_digits
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.training.cache import cached
from digit_model.training.dataset import (
    DRY_RUN_SIZE,
    DataSource,
    load_cycle,
    load_mnist_and_validation,
)
from digit_model.training.recipe import Recipe
from digit_model.weights import load_weights


def test_what_training_draws_is_drawn_once_for_the_same_request(tmp_path: Path) -> None:
    calls: list[int] = []

    def draw() -> dict[str, np.ndarray]:
        calls.append(len(calls))
        return {"images": np.full((2, 3), len(calls), np.uint8)}

    cache, name = tmp_path / "runs" / "drawn", "sixes"
    first = cached(cache, name, {"variants": 1}, draw)
    assert np.array_equal(cached(cache, name, {"variants": 1}, draw)["images"], first["images"])
    assert len(calls) == 1
    assert cached(cache, name, {"variants": 2}, draw)["images"][0, 0] == 2
    assert cached(None, name, {"variants": 2}, draw)["images"][0, 0] == 3
    [file] = cache.parent.iterdir()
    assert file.name == "drawn.sixes.safetensors"
    file.write_bytes(b"damaged")
    assert cached(cache, name, {"variants": 2}, draw)["images"][0, 0] == 4


@pytest.mark.slow
def test_each_cycle_is_drawn_anew_and_the_sets_keep_their_order(
    mnist_folder: Path, tmp_path: Path
) -> None:
    recipe = Recipe(
        stroke_variants=0,
        allographs=8,
        flagged=0,
        photographs=0,
        scan_variants=0,
        degraded=0,
        nondigits=4,
    )
    weights = load_weights(DEFAULT_WEIGHTS)
    source = DataSource(mnist_folder, weights, tmp_path / "drawn", dry_run=True)
    mnist, validation = load_mnist_and_validation(source)
    assert len(mnist[1]) == 4 * DRY_RUN_SIZE
    assert {"MNIST", "thin", "photographs"} <= set(validation)
    first, second = (load_cycle(source, recipe, cycle, mnist) for cycle in (0, 1))
    assert first.rendered[0].shape == second.rendered[0].shape == (8, 28, 28)
    assert not np.array_equal(first.rendered[0], second.rendered[0])
    assert not np.array_equal(first.nondigits, second.nondigits)
    assert (first.rendered_share, second.rendered_share) == (0.5, 0.35)
    later = load_cycle(source, dataclasses.replace(recipe, first_data_seed=1), 0, mnist)
    assert np.array_equal(later.rendered[0], second.rendered[0])
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        f"drawn.{name}.safetensors" for name in ("0", "1", "fixed")
    ]
    again_mnist, again = load_mnist_and_validation(source)  # from the file
    assert list(again) == list(validation)  # calibration goes through them in this order
    assert all(np.array_equal(again[name][0], validation[name][0]) for name in again)
    assert np.array_equal(again_mnist[1], mnist[1])
    samples = first.samples(8)  # for the sheet of pictures
    assert list(samples) == ["MNIST", "allographs", "non-digits"]  # there are no others
    assert np.array_equal(samples["allographs"], first.rendered[0])
    mine = np.full((40, 28, 28), 7, np.uint8)
    second.add((mine, np.zeros(40, np.int64)), mine)  # what a user adds is in no sheet
    assert not any((images == 7).all((1, 2)).any() for images in second.samples(60).values())
    batches = list(first.epoch(17, 2, np.random.default_rng(0)))
    assert [len(labels) for _, labels, _ in batches] == [17] * 2  # 32 of MNIST's, 4 of the 8
    assert all(others.shape == (2, 28, 28) for _, _, others in batches)


def test_what_measures_a_training_is_none_of_what_it_trains_on(tmp_path: Path) -> None:
    """MNIST's last 5,000 training images, and the development writers' digits."""
    images = np.zeros((5020, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255
    labels = np.repeat([1, 7, 2], [20, DRY_RUN_SIZE, 5000 - DRY_RUN_SIZE])
    write_mnist(tmp_path, "train", images, labels)
    source = DataSource(tmp_path, load_weights(DEFAULT_WEIGHTS), None, dry_run=True)
    (_, trained_on), validation = load_mnist_and_validation(source)
    assert set(trained_on) == {1}
    assert set(validation["MNIST"][1]) == {7}
    writers = pen_digits("development")[:DRY_RUN_SIZE]
    drawn, _ = stroke_set(writers, CONDITIONS[0], seed=1, find_ink=source.find_ink)
    assert np.array_equal(validation[CONDITIONS[0].name][0], drawn)
