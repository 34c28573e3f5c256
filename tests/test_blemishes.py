"""Glare and punch holes are taken out of photographs, and nothing else is."""

import cv2
import numpy as np
import pytest

from digit_model.ink.blemishes import drop_blemishes
from digit_model.ink.extract import photograph_ink
from digit_model.ink.marks import mark_mask

SIDE = 400


def sheet(paper: float = 170.0) -> np.ndarray:
    """Grey paper in light that falls off a little, float (SIDE, SIDE)."""
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    grain = np.random.default_rng(0).normal(0, 2, (SIDE, SIDE))
    return np.asarray(paper * (1 - 0.15 * x - 0.1 * y) + grain)


def seven(contrast: float) -> np.ndarray:
    """What a pencil takes away: a 7 in the middle, float (SIDE, SIDE)."""
    layer = np.zeros((SIDE, SIDE), np.uint8)
    points = np.array([[150, 130], [250, 130], [190, 280]], np.int32)
    cv2.polylines(layer, [points], False, 255, 11, cv2.LINE_AA)
    return layer / 255 * contrast


def glare(x: int, y: int, height: float, radius: float = 25.0) -> np.ndarray:
    rows, columns = np.mgrid[:SIDE, :SIDE]
    return np.asarray(height * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / (2 * radius**2)))


def holes(x: int) -> np.ndarray:
    layer = np.zeros((SIDE, SIDE), np.uint8)
    for y in (70, 200, 330):
        cv2.circle(layer, (x, y), 9, 255, -1, cv2.LINE_AA)
    return layer / 255 * 140


def as_picture(scene: np.ndarray) -> np.ndarray:
    return np.clip(cv2.GaussianBlur(scene, (0, 0), 1), 0, 255).astype(np.uint8)


def overlap(marks: np.ndarray, drawn: np.ndarray) -> float:
    return float((marks & drawn).sum() / (marks | drawn).sum())


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("blemish", ["glare", "two lamps", "holes", "both"])
def test_a_faint_digit_is_found_beside_them(blemish: str, transposed: bool) -> None:
    scene = sheet() - seven(30)
    if blemish in ("glare", "both"):
        scene += glare(320, 90, 120)
    if blemish == "two lamps":
        scene += glare(320, 90, 120) + glare(90, 320, 110)
    if blemish in ("holes", "both"):
        scene -= holes(28)
    drawn = (seven(1) > 0.5).view(np.uint8)
    if transposed:
        scene, drawn = scene.T, drawn.T
    assert overlap(mark_mask(photograph_ink(as_picture(scene))), drawn) > 0.7


def test_strokes_under_a_reflection_come_back() -> None:
    drawn = (seven(1) > 0.5).view(np.uint8)
    picture = as_picture(sheet() - seven(60) + glare(220, 200, 80))
    assert overlap(mark_mask(photograph_ink(picture)), drawn) > 0.7


@pytest.mark.parametrize("scene", ["paper", "digit", "chalk", "window", "colon", "one hole"])
def test_a_picture_without_them_stays_as_it_is(scene: str) -> None:
    picture = {
        "paper": sheet(),
        "digit": sheet() - seven(120),
        "chalk": sheet(60) + seven(160),
        "window": sheet(120) + glare(0, 0, 130, radius=220),  # light that falls in from a side
        "colon": sheet() - np.roll(holes(28), 170, axis=1),  # in the middle of the sheet
        "one hole": sheet() - holes(28) * (np.arange(SIDE) < 100)[:, None],
    }[scene]
    grey = as_picture(picture)
    assert np.array_equal(drop_blemishes(grey), grey)
