"""Strokes: what is read, how it is varied, and what the renderer draws."""

from collections.abc import Callable
from typing import get_args

import numpy as np
import pytest

from digit_model.data import WriterPart
from digit_model.data.allographs import ALLOGRAPHS
from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.nondigits import GENERATORS
from digit_model.data.rendering import quantize_like_mouse, render, vary_strokes
from digit_model.data.strokes import (
    DEVELOPMENT_WRITERS,
    TEST_WRITERS,
    pen_digits,
    unit_drawing,
)
from digit_model.data.synthetic import draw_allograph, interpolate
from digit_model.data.training_sets import allograph_training, stroke_training
from digit_model.preprocess import preprocess

BAR = [np.array([[0.0, -0.5], [0.0, 0.5]], np.float32)]


def test_the_recorded_strokes() -> None:
    parts = [pen_digits(part) for part in get_args(WriterPart)]
    assert sum(map(len, parts)) == 7494
    training, development, test = ({digit.writer for digit in part} for part in parts)
    assert len(training | development | test) == 30
    assert (development, test) == (DEVELOPMENT_WRITERS, TEST_WRITERS)
    assert not training & development
    assert not (training | development) & test


def test_unit_drawing_is_centred_with_a_side_of_one() -> None:
    drawing = unit_drawing([np.array([[3.0, 10.0], [9.0, 30.0]]), np.array([[0.0, 20.0]])])
    points = np.concatenate(drawing)
    assert np.ptp(points, axis=0).max() == pytest.approx(1)
    assert points.max(axis=0) + points.min(axis=0) == pytest.approx([0, 0], abs=1e-6)


def test_a_bar_has_the_height_width_and_place_it_was_given() -> None:
    image = render(BAR, canvas=400, height=0.5, pen_width=0.1, centre=(0.25, 0.6))
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    assert np.ptp(rows) + 1 == pytest.approx(200, abs=4)
    assert np.ptp(columns) + 1 == pytest.approx(20, abs=4)
    assert rows.mean() == pytest.approx(240, abs=2)
    assert columns.mean() == pytest.approx(100, abs=2)


def test_pressure_narrows_the_stroke() -> None:
    bar = [np.linspace(BAR[0][0], BAR[0][1], 41)]
    image = render(bar, pen_width=0.2, pressure=np.array([0.2, 1.0]))
    widths = (image > 127).sum(axis=1)
    drawn = np.flatnonzero(widths)
    assert widths[drawn[len(drawn) // 5]] < widths[drawn[-len(drawn) // 5]] / 1.5


def test_a_single_point_is_a_dot() -> None:
    assert render([np.zeros((1, 2), np.float32)], pen_width=0.3).any()


def test_vary_at_zero_is_the_identity_and_otherwise_changes() -> None:
    drawing = pen_digits("training")[0].drawing
    rng = np.random.default_rng(0)
    assert all(
        np.array_equal(a, b)
        for a, b in zip(vary_strokes(drawing, rng, strength=0), drawing, strict=True)
    )
    varied = vary_strokes(drawing, rng)
    assert [len(stroke) for stroke in varied] == [len(stroke) for stroke in drawing]
    assert not np.allclose(varied[0], drawing[0])


def test_a_spline_passes_through_its_points() -> None:
    points = np.array([[0, 0], [1, 0.5], [0.3, 1], [0.7, 0.2]])
    path = interpolate(points, curved=True)
    for point in points:
        assert np.abs(path - point).sum(axis=1).min() < 1e-9


@pytest.mark.parametrize("label", ALLOGRAPHS)
def test_every_allograph_can_be_drawn(label: int) -> None:
    for seed in range(30):
        drawing = draw_allograph(label, np.random.default_rng(seed))
        assert render(drawing, canvas=64).any()
        assert np.isfinite(np.concatenate(drawing)).all()


def test_rendering_for_training_is_repeatable_in_parts() -> None:
    last = len(pen_digits("training")) - 16
    for training, amount, start in ((stroke_training, 1, last), (allograph_training, 40, 0)):
        whole, labels = training(amount, 0, slice(start, None))
        first, _ = training(amount, 0, slice(start, start + 10))
        assert np.array_equal(whole[:10], first)
        assert whole.shape == (len(labels), 28, 28)
    assert labels.tolist() == [number % 10 for number in range(40)]


def test_several_processes_together_draw_all_and_each_has_all_kinds_of_digits() -> None:
    whole, _ = allograph_training(40, 0)
    shares = [allograph_training(40, 0, slice(rank, None, 2)) for rank in range(2)]
    drawn = [image.tobytes() for images, _ in shares for image in images]
    assert sorted(drawn) == sorted(image.tobytes() for image in whole)
    for _, labels in shares:
        assert set(labels % 2) == {0, 1}
        assert len(labels) == 20


# Each once and in their order: processes that run tests side by side must collect the same list.
@pytest.mark.parametrize(
    "generator", dict.fromkeys(GENERATORS), ids=lambda generator: generator.__name__
)
def test_every_generator_of_nondigits_leaves_ink(generator: Callable[..., np.ndarray]) -> None:
    pictures = [preprocess(generator(np.random.default_rng(seed))) for seed in range(20)]
    assert np.mean([picture.any() for picture in pictures]) > 0.9
    assert len({picture.tobytes() for picture in pictures}) > 10


@pytest.mark.parametrize("style", STYLES)
def test_conditions_stay_on_the_canvas(style: str) -> None:
    for condition in CONDITIONS:
        picture = draw(BAR, condition, style, np.random.default_rng(1))  # type: ignore[arg-type]
        ink = picture[..., 3] if picture.ndim == 3 else picture
        ink = 255 - ink if style == "black on white" else ink
        assert not np.concatenate([ink[0], ink[-1], ink[:, 0], ink[:, -1]]).any()
        rows = np.flatnonzero(ink.any(axis=1))
        low, high = condition.height
        assert low * 280 - 3 <= np.ptp(rows) + 1 <= high * 280 + 3


def test_a_mouse_makes_strokes_angular_and_keeps_their_ends() -> None:
    drawings = [digit.drawing for digit in pen_digits("training")[:40]]
    rng = np.random.default_rng(0)
    for drawing in drawings:
        angular = quantize_like_mouse(drawing, rng)
        assert len(angular) == len(drawing)
        for before, after in zip(drawing, angular, strict=True):
            assert after.dtype == np.float32
            assert len(after) <= len(before) + 1
            assert np.abs(after[[0, -1]] - before[[0, -1]]).max() <= 0.5 / 16 + 1e-6
        assert preprocess(render(angular)).any()
