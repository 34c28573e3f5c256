"""The training data: every source is legible, varied, and kept from what measures the result."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from processes import descendants, wait_for_end

from digit_model.data import data_file
from digit_model.data.degradation import DEGRADATIONS, degrade
from digit_model.data.letters import LETTER_STROKES, draw_letter
from digit_model.data.nondigits import LOOK_LIKE_DIGITS, OMNIGLOT_FILE, load_omniglot
from digit_model.data.one_or_seven import Figure, random_figure
from digit_model.data.rendering import render
from digit_model.data.scans import load_scans, random_affine, vary_scan
from digit_model.data.training_sets import flagged_training, photograph_training, scan_training
from digit_model.preprocess import preprocess

REPOSITORY = Path(__file__).parents[1]


# As train.py: a new process imports it first, and torch with it.
COUNT_THREADS = """
import os
import signal
import time

import numpy as np

from digit_model.data.parallel import map_parallel
from digit_model.imports import quick_imports

with quick_imports():
    import torch


def threads(_):
    return np.array(torch.get_num_threads())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in the background it has none
    print(set(map_parallel(threads, range(600), title="threads").tolist()))
    try:
        os.killpg(0, signal.SIGINT)  # as a terminal does at Ctrl-C, which all its processes get
        time.sleep(5)
    except KeyboardInterrupt:
        print("stopped")
"""


DRAW = """
import signal
import sys
import time

import numpy as np

from digit_model.data.parallel import map_parallel


def draw(seconds):
    time.sleep(seconds)
    return np.zeros(1)


def main():
    try:
        map_parallel(draw, [0.0] * 600, title="first")
        print("drawn", flush=True)
        if sys.argv[1] == "drawing":
            map_parallel(draw, [0.1] * 6000, title="then")
        time.sleep(100)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(main())
"""


def test_a_process_that_draws_has_one_thread_and_ends_without_a_word(tmp_path: Path) -> None:
    """One thread even where torch was imported before; and Ctrl-C is the main process's."""
    (script := tmp_path / "count_threads.py").write_text(COUNT_THREADS)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "2"}
    counted = subprocess.run(
        [sys.executable, str(script)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    assert counted.stdout.split() == ["{1}", "stopped"]
    assert counted.stderr == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("work", "signalled"), [("drawing", signal.SIGTERM), ("idle", signal.SIGKILL)]
)
def test_processes_that_draw_end_with_the_one_that_started_them(
    tmp_path: Path, work: str, signalled: signal.Signals
) -> None:
    """SIGTERM goes to all of them, as timeout(1) sends it, and SIGKILL to the first alone."""
    (script := tmp_path / "draw.py").write_text(DRAW)
    process = subprocess.Popen(
        [sys.executable, str(script), work],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout
    assert process.stdout.readline() == "drawn\n"
    drawing = descendants(process.pid)
    if signalled == signal.SIGTERM:
        os.killpg(process.pid, signalled)
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (130, "")
    else:
        process.kill()
        process.communicate(timeout=60)
    wait_for_end(drawing)


def test_scans_that_train_and_scans_that_measure_are_all_and_disjoint() -> None:
    training, held_out = load_scans("training"), load_scans("development")
    assert {name: len(labels) for name, (_, labels) in training.items()} == {
        "Optdigits": 1450,
        "Semeion": 1195,
    }
    for name, count in (("Optdigits", 1934), ("Semeion", 1593)):
        assert len(training[name][1]) + len(held_out[name][1]) == count
        assert set(held_out[name][1]) == set(range(10))
        seen = {image.tobytes() for image in training[name][0]}
        assert sum(image.tobytes() in seen for image in held_out[name][0]) <= 1


def test_a_varied_scan_is_another_picture_of_the_same_digit() -> None:
    image = load_scans("training")["Semeion"][0][0]
    rng = np.random.default_rng(0)
    varied = [preprocess(vary_scan(image, rng)) for _ in range(20)]
    assert all(digit.any() for digit in varied)
    assert len({digit.tobytes() for digit in varied}) == 20
    again = vary_scan(image, np.random.default_rng(3))
    assert np.array_equal(again, vary_scan(image, np.random.default_rng(3)))


def test_random_affine_brings_a_picture_to_its_height_and_loses_no_ink() -> None:
    picture = np.zeros((100, 100), np.uint8)
    picture[10:90, 40:60] = 255
    for seed in range(20):
        small = random_affine(picture, np.random.default_rng(seed), height=30, stretch=0.0)
        assert small.dtype == np.uint8
        assert 28 <= small.shape[0] <= 50
        assert small.astype(float).sum() == pytest.approx(
            picture.astype(float).sum() * 0.09, rel=0.1
        )


def test_every_degradation_keeps_size_and_type_and_changes_something() -> None:
    image = load_scans("training")["Semeion"][0][5]
    image = np.pad(image, 6)
    rng = np.random.default_rng(0)
    for degradation in set(DEGRADATIONS):
        degraded = [degradation(image, rng) for _ in range(8)]
        assert all(picture.dtype == np.uint8 and picture.ndim == 2 for picture in degraded)
        assert any(
            picture.shape != image.shape or not np.array_equal(picture, image)
            for picture in degraded
        )
    assert np.array_equal(
        degrade(image, np.random.default_rng(1)), degrade(image, np.random.default_rng(1))
    )


def test_every_letter_can_be_written() -> None:
    for name, strokes in LETTER_STROKES:
        assert strokes, name
        for points, _ in strokes:
            assert points.shape[0] >= 2, name
            assert points.shape[1] == 2, name
            assert 0 <= points.min() <= points.max() <= 10, name
    rng = np.random.default_rng(0)
    letters = {preprocess(render(draw_letter(rng))).tobytes() for _ in range(100)}
    assert len(letters) == 100


def test_characters_for_validation_are_of_an_alphabet_that_training_has_not_seen() -> None:
    with np.load(data_file(OMNIGLOT_FILE)) as arrays:
        assert set(arrays["labels"]) >= LOOK_LIKE_DIGITS
        total = len(arrays["labels"]) - np.isin(arrays["labels"], list(LOOK_LIKE_DIGITS)).sum()
    (training, _), (held_out, _) = load_omniglot("training"), load_omniglot("development")
    assert len(training) + len(held_out) == total
    assert len(held_out) == 300
    assert not {image.tobytes() for image in training} & {image.tobytes() for image in held_out}


def test_photographs_come_with_their_labels_and_in_parts() -> None:
    images, labels = photograph_training(30, seed=0)
    assert images.shape == (30, 28, 28)
    assert labels.shape == (30,)
    assert all(image.any() for image in images)
    again, _ = photograph_training(30, seed=0, shard=slice(0, 10))
    assert np.array_equal(again, images[:10])
    images, labels = scan_training(0, seed=0)
    assert images.shape == (0, 28, 28)


def test_a_steep_or_footed_flag_makes_a_one_and_a_level_or_crossed_top_a_seven() -> None:
    for lean in (-10, 0, 30):
        assert Figure(rise=45, length=0.6, lean=lean).seven < 0.05
        assert Figure(rise=35, length=1.0, lean=lean).seven < 0.1
        assert Figure(rise=0, length=0.6, lean=lean).seven > 0.9
        assert Figure(rise=-15, length=1.0, lean=lean).seven > 0.95
        assert Figure(rise=5, length=0.5, lean=lean, foot=True).seven == 0
        assert Figure(rise=28, length=0.8, lean=lean, bar=True).seven == 1
    assert 0.2 < Figure(rise=20, length=0.5, lean=0).seven < 0.8  # open


def test_ones_and_sevens_follow_the_rule() -> None:
    rng = np.random.default_rng(0)
    ones, sevens = ([random_figure(label, rng) for _ in range(400)] for label in (1, 7))
    assert not any(figure.bar or figure.serif for figure in ones)
    assert not any(figure.foot for figure in sevens)
    assert np.mean([figure.rise for figure in ones]) > 25
    assert np.mean([figure.rise for figure in sevens]) < 20
    images, labels = flagged_training(40, 0)
    assert labels.tolist() == [1, 7] * 20
    assert len({image.tobytes() for image in images}) == 40
