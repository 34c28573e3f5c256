"""Ink is found whatever the paper, the pen and the light; where there is none, none is found."""

import cv2
import numpy as np
import pytest
from finding import overlap, rgb, shipped_find_ink, whole_ink

from digit_model.decode import WORK_SIDE, decode
from digit_model.digit import normalize_digit
from digit_model.ink import extract_ink
from digit_model.ink.flat import paper_is_bright
from digit_model.preprocess import preprocess


def stroke_sheet(side: int = 280, pen: int = 18) -> np.ndarray:
    """A seven drawn in ink = 255 on 0, uint8 (side, side)."""
    sheet = np.zeros((side, side), np.uint8)
    corners = np.array([[0.3, 0.25], [0.7, 0.25], [0.45, 0.8]]) * side
    cv2.polylines(sheet, [corners.astype(np.int32)], False, 255, pen, cv2.LINE_AA)
    return sheet


def test_dark_on_light_is_light_on_dark() -> None:
    sheet = stroke_sheet()
    assert np.array_equal(whole_ink(rgb(sheet)), whole_ink(rgb(255 - sheet)))
    assert overlap(whole_ink(rgb(sheet)), sheet > 127) > 0.9


def test_marks_are_several_though_the_network_sees_one() -> None:
    """As where they are so small that they are one mark in its first look."""
    sheet = 255 - np.hstack([stroke_sheet(), stroke_sheet()])

    def left_one(picture: np.ndarray) -> np.ndarray:
        ink = (picture[..., 0] < 128).astype(np.float32)
        ink[:, ink.shape[1] // 2 :] = 0
        return ink

    assert extract_ink(rgb(sheet), left_one).several
    assert not extract_ink(rgb(255 - stroke_sheet()), left_one).several


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize("pen", [4, 20, 60])
def test_polarity_of_thin_and_thick_pens_on_tight_crops(pen: int, invert: bool) -> None:
    sheet = stroke_sheet(pen=pen)
    left, top, width, height = cv2.boundingRect(sheet)
    crop = sheet[top : top + height, left : left + width]
    bright = (crop > 127).astype(np.uint8)
    assert paper_is_bright(1 - bright if invert else bright) == invert


@pytest.mark.parametrize(
    ("paper", "ink"),
    [
        ((255, 255, 255), (255, 235, 0)),  # yellow on white
        ((60, 140, 60), (200, 70, 60)),  # red on green of nearly the same luminance
        ((250, 245, 230), (30, 40, 160)),  # blue ink on cream
        ((20, 20, 25), (240, 240, 90)),  # chalk
    ],
)
def test_coloured_ink(paper: tuple[int, int, int], ink: tuple[int, int, int]) -> None:
    sheet = stroke_sheet()
    share = (sheet / 255.0)[..., None]
    picture = np.rint(np.array(paper) * (1 - share) + np.array(ink) * share).astype(np.uint8)
    assert overlap(whole_ink(picture), sheet > 127) > 0.9


def test_uneven_light_and_faint_pencil() -> None:
    sheet = stroke_sheet()
    y, x = np.mgrid[0:280, 0:280] / 280
    light = 150 + 90 * x - 40 * y
    grain = np.random.default_rng(0).normal(0, 2.0, sheet.shape)
    picture = light * (1 - 0.25 * sheet / 255) + grain
    found = whole_ink(rgb(picture))
    assert overlap(found, sheet > 127) > 0.7


@pytest.fixture
def photograph() -> np.ndarray:
    """A seven in the middle of even paper, seen by a camera: uint8 (480, 480)."""
    sheet = np.pad(stroke_sheet(), 100)
    grain = np.random.default_rng(0).normal(0, 3.0, sheet.shape)
    return np.clip(cv2.GaussianBlur(215 - 150.0 * sheet / 255, (0, 0), 1) + grain, 0, 255)


def assert_only_the_seven(picture: np.ndarray) -> None:
    found = whole_ink(rgb(picture))
    assert overlap(found, np.pad(stroke_sheet(), 100) > 127) > 0.7


def test_a_hard_shadow_across_the_digit(photograph: np.ndarray) -> None:
    x = np.arange(480)
    assert_only_the_seven(photograph * np.where(x + x[:, None] < 480, 0.55, 1.0))


def test_the_table_beside_the_paper(photograph: np.ndarray) -> None:
    photograph[:, :45] = 60 + photograph[:, :45] % 7
    assert_only_the_seven(photograph)


def test_a_sheet_on_a_dark_table(photograph: np.ndarray) -> None:
    inside = np.zeros((480, 480), np.uint8)
    cv2.fillPoly(inside, [np.array([[60, 70], [430, 50], [425, 440], [75, 420]])], 1)
    assert_only_the_seven(np.where(inside, photograph, 55 + photograph % 9))


def test_a_thick_marker_is_no_shadow() -> None:
    """The rings of an eight, drawn with a pen that nearly fills them, photographed."""
    eight = np.zeros((480, 480), np.uint8)
    cv2.circle(eight, (240, 145), 65, 255, 85, cv2.LINE_AA)
    cv2.circle(eight, (240, 325), 75, 255, 85, cv2.LINE_AA)
    grain = np.random.default_rng(0).normal(0, 3.0, eight.shape)
    picture = cv2.GaussianBlur(210 - 150.0 * eight / 255, (0, 0), 1) + grain
    assert overlap(whole_ink(rgb(picture)), eight > 127) > 0.9


@pytest.mark.parametrize(("axes", "pen", "ink"), [((60, 75), 34, 70), ((75, 80), 40, 110)])
def test_a_marker_that_fills_half_of_an_8_loses_nothing(
    axes: tuple[int, int], pen: int, ink: int
) -> None:
    eight = np.zeros((360, 300), np.uint8)
    cv2.ellipse(eight, (150, 120), (26, 40), 0, 0, 360, 255, pen)
    cv2.ellipse(eight, (150, 220), axes, 0, 0, 360, 255, cv2.FILLED)
    light = np.broadcast_to(np.linspace(200, 230, 300), eight.shape)
    picture = np.where(eight > 0, ink, light) + np.random.default_rng(0).normal(0, 2, eight.shape)
    picture = cv2.GaussianBlur(picture, (0, 0), 1.0).astype(np.uint8)
    assert overlap(whole_ink(rgb(picture)), eight > 127) > 0.95


@pytest.mark.parametrize("level", [0, 128, 255])
def test_an_even_sheet_is_blank(level: int) -> None:
    assert not whole_ink(np.full((200, 300, 3), level, np.uint8)).any()


def test_gradients_grain_and_noise_are_blank() -> None:
    y, x = np.mgrid[0:240, 0:320]
    rng = np.random.default_rng(0)
    for sheet in (
        x * 0.7,
        255 - y * 0.5 - x * 0.2,
        230 + rng.normal(0, 4, x.shape),
        rng.normal(128, 40, x.shape),
    ):
        assert not whole_ink(rgb(sheet)).any()


def test_specks_far_away_are_dropped_and_parts_of_the_digit_kept() -> None:
    sheet = stroke_sheet()
    clean = preprocess(rgb(sheet))
    dirty = sheet.copy()
    cv2.circle(dirty, (20, 260), 3, 255, -1)
    assert np.array_equal(preprocess(rgb(dirty)), clean)
    crossed = sheet.copy()
    cv2.line(crossed, (60, 170), (120, 170), 255, 14)
    assert preprocess(rgb(crossed)).sum() > clean.sum()


@pytest.mark.parametrize(
    "shape", [(1, 1), (1, 9), (2, 2), (8, 8), (5, 400), (3000, 40), (1, 2000), (48, 640)]
)
@pytest.mark.parametrize("levels", [2, 256])  # of a drawing, of a photograph
def test_any_size_and_aspect(shape: tuple[int, int], levels: int) -> None:
    picture = np.random.default_rng(0).integers(0, levels, shape) * 255 // (levels - 1)
    picture = picture.astype(np.uint8)
    work = decode(picture, max_side=WORK_SIDE)
    assert max(work.shape) <= WORK_SIDE
    ink = extract_ink(work, shipped_find_ink()).pixels
    assert ink.dtype == np.float32
    assert ink.min() >= 0
    assert ink.max() <= 1
    assert normalize_digit(ink)[0].shape == (28, 28)


@pytest.mark.parametrize("invert", [False, True])
@pytest.mark.parametrize(  # pixels of paper around the label; a band has none at two edges
    ("above", "beside"), [(50, 50), (0, 50), (50, 0)]
)
def test_a_digit_left_out_of_a_dark_label(above: int, beside: int, invert: bool) -> None:
    sheet = stroke_sheet(200, pen=14)
    margins = ((above, above), (beside, beside))
    picture = np.pad(255 - sheet, margins)  # ink = 255
    found = whole_ink(rgb(255 - picture if invert else picture))
    assert overlap(found, np.pad(sheet, margins) > 127) > 0.8


@pytest.mark.parametrize("upright", [False, True])
def test_a_digit_that_fills_a_dark_band_and_reaches_beyond_it(upright: bool) -> None:
    sheet = np.zeros((100, 100), np.uint8)
    cv2.ellipse(sheet, (50, 50), (36, 38), 0, 0, 360, 255, 10)
    band = np.zeros_like(sheet, bool)
    band[:, 20:80] = True
    picture = np.where(band, sheet, 255 - sheet)
    if upright:
        sheet, picture = sheet.T, picture.T
    assert overlap(whole_ink(rgb(picture)), sheet > 127) > 0.9


def test_a_thick_ring_is_no_label() -> None:
    sheet = np.zeros((280, 280), np.uint8)
    cv2.ellipse(sheet, (140, 140), (80, 100), 0, 0, 360, 255, 60)
    assert overlap(whole_ink(rgb(255 - sheet)), sheet > 127) > 0.9
    tight = sheet[10:270, 30:250]
    assert overlap(whole_ink(rgb(255 - tight)), tight > 127) > 0.9
