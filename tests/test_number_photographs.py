"""Whole numbers in photographs, in hands that no training has seen."""

import cv2
import numpy as np
import pytest

from digit_model import DigitRecognizer
from digit_model.architectures import GRAIN
from digit_model.data.number_pictures import draw_number, number_drawing
from digit_model.data.photographs import KINDS, photograph
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.numbers import edit_distance
from digit_model.number.tiles import SIDE, find_in_tiles


def test_numbers_in_photographs(recognizer: DigitRecognizer) -> None:
    kinds = ("plain paper", "ruled paper", "shadow with an edge", "sheet on a table")
    read = []
    for name in kinds:
        for seed, text in enumerate(("47", "305")):
            rng = np.random.default_rng((52, seed))
            drawing, digit = number_drawing(text, rng)
            picture = photograph(drawing, KINDS[name], rng, digit=digit)[0]
            read.append(recognizer.read_number(picture).text == text)
    assert np.mean(read) >= 0.75


def on_paper(drawing: np.ndarray, seed: int) -> np.ndarray:
    """A photograph of it: blurred, with grain, on paper that is darker at the left."""
    light = np.linspace(0.5, 0.7, drawing.shape[1])
    grain = np.random.default_rng(seed).normal(0, 4, drawing.shape)
    return np.clip(50 + light * cv2.GaussianBlur(drawing, (0, 0), 1) + grain, 0, 255).astype("u1")


def test_a_photograph_may_be_a_long_strip(recognizer: DigitRecognizer) -> None:
    digits = [
        draw_number("7", np.random.default_rng((50, seed)), spacing="usual") for seed in range(5)
    ]
    digits = [cv2.resize(digit, (60, 60), interpolation=cv2.INTER_AREA) for digit in digits]
    strips = [cv2.copyMakeBorder(d, 0, 0, 270, 270, cv2.BORDER_REPLICATE) for d in digits]
    for seed, strip in enumerate(strips):
        for picture in (on_paper(strip, seed), on_paper(strip, seed).T):
            assert recognizer.predict(picture).verdict != "blank"
        assert recognizer.predict(on_paper(strip, seed)).label == "7"
    text = "202613579840"
    lines = [draw_number(text, np.random.default_rng((50, seed)), "usual") for seed in range(5)]
    read = [recognizer.read_number(on_paper(line, seed)).text for seed, line in enumerate(lines)]
    wrong = sum(edit_distance(each, text) for each in read)
    assert wrong <= 3  # of sixty digits


@pytest.mark.parametrize(("kind", "seed"), [("sheet on striped wood", 80), ("sheet on tiles", 278)])
def test_what_lies_beside_a_sure_digit_is_none(
    recognizer: DigitRecognizer, kind: str, seed: int
) -> None:
    digits = pen_digits("development")
    digit = digits[(seed // 6 * 37 + seed % 6 * 101) % len(digits)]
    rng = np.random.default_rng((962, seed))
    picture, _ = photograph(digit.drawing, KINDS[kind], rng)
    assert recognizer.predict(picture).label == str(digit.label)
    assert recognizer.read_number(picture).text == str(digit.label)


def in_a_box(text: str, seed: int) -> np.ndarray:
    """A photograph of a number with a box drawn around it in the same ink, uint8 (h, w, 3)."""
    rng = np.random.default_rng((72, seed))
    ink = 255 - draw_number(text, rng, spacing="close")
    left, top, width, height = cv2.boundingRect(ink)
    size = round(90 * width / height), 90
    cut = cv2.resize(
        ink[top : top + height, left : left + width], size, interpolation=cv2.INTER_AREA
    )
    boxed = cv2.copyMakeBorder(cut, 40, 40, 60, 60, cv2.BORDER_CONSTANT, value=0)
    rows, columns = boxed.shape
    cv2.rectangle(boxed, (3, 3), (columns - 4, rows - 4), 255, 6, cv2.LINE_AA)
    boxed = cv2.copyMakeBorder(boxed, 60, 60, 60, 60, cv2.BORDER_CONSTANT, value=0)
    paper, pen = np.array([226.0, 221, 210]), np.array([45.0, 50, 95])
    scene = paper + 0.92 * (boxed[..., None] / 255) * (pen - paper)
    scene = cv2.GaussianBlur(scene * np.linspace(1, 0.75, scene.shape[1])[:, None], (0, 0), 1)
    return np.clip(scene + rng.normal(0, 3, scene.shape), 0, 255).astype(np.uint8)


def test_the_middle_of_a_wide_photograph_is_read(recognizer: DigitRecognizer) -> None:
    texts = [
        "".join(map(str, np.random.default_rng(seed).integers(0, 10, 8))) for seed in range(12)
    ]
    read = [recognizer.read_number(in_a_box(text, seed)).text for seed, text in enumerate(texts)]
    assert sum(map(str.__eq__, read, texts)) >= 10, read


@pytest.mark.parametrize(
    "shape", [(64, 64), (176, 176), (64, 640), (640, 640), (192, 336), (176, 192)]
)
def test_tiles_cover_a_picture_and_agree_where_they_overlap(shape: tuple[int, int]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (*shape, 3), np.uint8)
    seen = []

    def brightness(tile: np.ndarray) -> np.ndarray:
        seen.append(tile.shape)
        return np.asarray(tile.mean(axis=2) / 255, np.float32)

    found = find_in_tiles(picture, brightness)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, picture.mean(axis=2) / 255, atol=1e-5)
    assert max(map(max, seen)) <= SIDE
    assert all(side % GRAIN == 0 for rows, columns, _ in seen for side in (rows, columns))
    assert (len(seen) == 1) == (max(shape) <= SIDE)


def test_what_is_near_a_tile_s_edge_counts_less() -> None:
    """The network sees little of what is cut there; what another tile has in its middle counts."""

    def sees_no_edges(tile: np.ndarray) -> np.ndarray:
        found = np.ones(tile.shape[:2], np.float32)
        found[:, :8] = found[:, -8:] = 0
        return found

    found = find_in_tiles(np.zeros((64, 640, 3), np.uint8), sees_no_edges)
    assert found[:, 8:-8].min() > 0.6
