"""Synthetic photographs: what is rendered, and that the ink is found in every kind of them."""

import cv2
import numpy as np
import pytest

from digit_model import DigitRecognizer
from digit_model.data.photographs import KINDS, MAX_SIDE, MIN_SIDE, Kind, photograph, random_kind
from digit_model.data.strokes import pen_digits
from digit_model.ink.extract import extract_ink, photograph_ink
from digit_model.ink.marks import mark_mask
from digit_model.preprocess import preprocess


def test_the_same_generator_gives_the_same_photograph() -> None:
    drawing = pen_digits("development")[0].drawing
    for kind in KINDS.values():
        first, ink = photograph(drawing, kind, np.random.default_rng(1))
        again, _ = photograph(drawing, kind, np.random.default_rng(1))
        other, _ = photograph(drawing, kind, np.random.default_rng(2))
        side = first.shape[0]
        assert np.array_equal(first, again)
        assert first.shape != other.shape or not np.array_equal(first, other)
        assert first.shape == (side, side, 3)
        assert first.dtype == np.uint8
        assert MIN_SIDE <= side <= MAX_SIDE
        assert ink.shape == (side, side)
        assert 0.0 <= ink.min() < 0.1 < 0.9 < ink.max() <= 1.0


def test_ink_is_dark_on_paper_and_light_on_a_board() -> None:
    drawing = pen_digits("development")[0].drawing
    for kind, darker in ((Kind(), True), (Kind(board=True), False)):
        picture, ink = photograph(drawing, kind, np.random.default_rng(0))
        grey = picture.mean(axis=2)
        assert (grey[ink > 0.9].mean() < grey[ink < 0.01].mean()) == darker


def test_training_mixes_paper_lines_light_and_tables() -> None:
    rng = np.random.default_rng(0)
    kinds = [random_kind(rng) for _ in range(300)]
    for name in Kind.__dataclass_fields__.keys() - {"clutter", "small", "glare"}:
        assert len({getattr(kind, name) for kind in kinds}) >= 2
    assert {kind.table for kind in kinds} == {"", "around", "edge"}
    assert {kind.lines for kind in kinds} == {"", "ruled", "squared"}


@pytest.mark.parametrize("name", KINDS)
def test_digits_in_photographs_are_recognised(name: str) -> None:
    recognizer = DigitRecognizer.from_pretrained()
    # Without the writer whose 9s have no loop and whose 1s have the flag of a 7: what is asked here
    # is whether the ink was found.
    drawings = [digit for digit in pen_digits("development") if digit.writer != "tr28"][::60]
    right = 0
    for number, digit in enumerate(drawings):
        rng = np.random.default_rng((7, number))
        picture, _ = photograph(digit.drawing, KINDS[name], rng)
        probabilities = recognizer.predict(picture).probabilities
        right += max(probabilities, key=lambda label: probabilities[label]) == str(digit.label)
    assert right >= 0.9 * len(drawings)


@pytest.mark.parametrize("side", [150, 400, 900])
def test_light_on_an_empty_sheet_is_no_ink(side: int) -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:side, :side] / side
    noise = rng.normal(0, 3, (side, side))
    for softness in (0.004, 0.02, 0.1):
        shadow = 220 - 90 / (1 + np.exp(-np.clip((x - 0.5 + 0.3 * y) / softness, -30, 30)))
        for light in (shadow, 255 - shadow, shadow.T):
            sheet = np.clip(light + noise, 0, 255).astype(np.uint8)
            assert not mark_mask(extract_ink(np.repeat(sheet[..., None], 3, axis=2))).any()


def test_a_shadow_s_edge_through_the_digit_leaves_it_whole() -> None:
    drawing = next(digit for digit in pen_digits("development") if digit.label == 0).drawing
    overlaps = []
    for seed in range(20):
        picture, ink = photograph(
            drawing, KINDS["shadow with an edge"], np.random.default_rng(seed)
        )
        # Blurred by a pixel, so that a thin line beside a thin line counts.
        digit, alone = (
            cv2.GaussianBlur(preprocess(view).astype(np.float32), (0, 0), 1)
            for view in (picture, (255 * ink).astype(np.uint8))
        )
        overlaps.append(np.minimum(digit, alone).sum() / np.maximum(digit, alone).sum())
    assert np.quantile(overlaps, 0.1) > 0.5


def test_a_marker_wider_than_the_search_keeps_its_inside() -> None:
    side = 400
    y, x = np.mgrid[:side, :side]
    rng = np.random.default_rng(0)
    stem = (np.abs(x - 200) < 55) & (np.abs(y - 200) < 170)  # 110 of 400 pixels: a very fat 1
    sheet = np.where(stem, 40.0, 210.0) + rng.normal(0, 4, (side, side))
    marks = mark_mask(photograph_ink(np.clip(sheet, 0, 255).astype(np.uint8)))
    assert marks[stem].mean() > 0.95
    assert marks[~stem].mean() < 0.02
