"""What is beside the digit: sheets and tables, printed lines, boxes, rings, other marks."""

import cv2
import numpy as np
import pytest

from digit_model.data.rendering import render
from digit_model.data.strokes import pen_digits
from digit_model.data.synthetic import draw_allograph
from digit_model.ink.extract import extract_ink
from digit_model.ink.marks import keep_digit, mark_mask
from digit_model.ink.rulings import drop_rulings
from digit_model.ink.scene import choose_digit, find_sheet

SIDE = 300


def rectangle(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Ink, float32 (300, 300), of one filled rectangle."""
    ink = np.zeros((SIDE, SIDE), np.float32)
    ink[top:bottom, left:right] = 1
    return ink


DIGIT = np.maximum(rectangle(130, 80, 145, 200), rectangle(130, 185, 180, 200))  # an L


def lying(corners: list[tuple[int, int]], sheet: int = 220, table: int = 70) -> np.ndarray:
    scene = np.full((SIDE, SIDE), table, np.uint8)
    return cv2.fillConvexPoly(scene, np.array(corners), sheet)


def test_a_sheet_on_a_table_is_found() -> None:
    scene = lying([(60, 40), (250, 60), (240, 260), (50, 240)])
    scene[DIGIT > 0] = 40
    sheet = find_sheet(scene)
    assert sheet is not None
    assert sheet.shape == scene.shape
    inside = scene == 220
    assert (sheet == 1)[~inside & (DIGIT == 0)].sum() == 0
    assert (sheet == 1)[inside].mean() > 0.8
    assert (sheet == 1)[DIGIT > 0].all()


@pytest.mark.parametrize(
    "scene",
    [
        np.full((SIDE, SIDE), 220, np.uint8),
        lying([(0, 0), (150, 0), (140, 299), (0, 299)]),  # light on half of a page
        lying([(60, 40), (250, 60), (100, 240)]),
        lying([(140, 140), (160, 140), (160, 160), (140, 160)]),
        cv2.ellipse(np.full((SIDE, SIDE), 40, np.uint8), (150, 150), (70, 100), 0, 0, 360, 200, 16),
    ],
    ids=["a page alone", "light on half of it", "a triangle", "a speck", "a chalk 0"],
)
def test_what_is_no_sheet(scene: np.ndarray) -> None:
    assert find_sheet(scene) is None


def test_light_on_one_corner_of_the_page_does_not_cut_the_digit() -> None:
    shadow = np.full((SIDE, SIDE), 110, np.uint8)
    shadow[:150, :220] = 220  # the corner has the shape of a sheet
    picture = np.where(DIGIT > 0, shadow // 5, shadow).astype(np.uint8)
    noise = np.random.default_rng(0).normal(0, 2, picture.shape)
    picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    marks = mark_mask(extract_ink(np.repeat(picture[..., None], 3, axis=2)))
    assert marks[cv2.erode(DIGIT, np.ones((3, 3))) > 0].mean() > 0.7


@pytest.mark.parametrize(
    "other",
    [
        rectangle(280, 20, 300, 280),  # a pen, cut off by the edge
        rectangle(20, 10, 250, 20),  # a line of print
        rectangle(20, 250, 40, 270),  # a blot
        rectangle(120, 225, 190, 232),  # an underline
        rectangle(140, 212, 190, 300),  # a finger that comes near
    ],
    ids=["pen", "print", "blot", "underline", "finger"],
)
def test_other_marks_are_left_out(other: np.ndarray) -> None:
    chosen = choose_digit(np.maximum(DIGIT, other))
    assert np.array_equal(chosen, DIGIT)


@pytest.mark.parametrize(
    "part",
    [
        rectangle(130, 60, 190, 70),  # the hat of a 5
        rectangle(160, 130, 172, 230),  # the stem of an open 4
        rectangle(120, 203, 180, 210),  # the base of a 1
        rectangle(210, 90, 225, 200),  # the next digit of a number
    ],
    ids=["hat", "stem", "base", "number"],
)
def test_what_belongs_to_the_digit_or_makes_it_a_number_stays(part: np.ndarray) -> None:
    ink = np.maximum(DIGIT, part)
    assert np.array_equal(choose_digit(ink), ink)


def test_a_marker_s_digit_that_the_edge_cuts_off_keeps_its_parts() -> None:
    five = np.maximum(rectangle(100, 150, 220, 300), rectangle(110, 115, 200, 135))
    assert np.array_equal(choose_digit(five), five)


def test_an_empty_sheet_and_a_single_mark_stay_as_they_are() -> None:
    empty = np.zeros((SIDE, SIDE), np.float32)
    assert not choose_digit(empty).any()
    assert np.array_equal(choose_digit(DIGIT), DIGIT)


@pytest.mark.parametrize("tilt", [-20, 0, 20])  # pixels from one side of the picture to the other
@pytest.mark.parametrize("squared", [False, True])
def test_printed_lines_go_and_strokes_stay(tilt: int, squared: bool) -> None:
    paper = np.full((400, 400), 215, np.uint8)
    for at in range(-20, 420, 40):
        cv2.line(paper, (0, at), (399, at + tilt), 150, 2, cv2.LINE_AA)
        if squared:
            cv2.line(paper, (at, 0), (at - tilt, 399), 150, 2, cv2.LINE_AA)
    stroke = cv2.line(np.zeros_like(paper), (150, 120), (240, 290), 1, 12)
    picture = np.where(stroke == 1, np.uint8(40), paper)
    cleaned = drop_rulings(picture)
    away = cv2.dilate(stroke, np.ones((9, 9), np.uint8)) == 0
    assert np.percentile(cleaned[away], 2) > 195
    assert (cleaned[stroke == 1] < 130).mean() > 0.95


@pytest.mark.parametrize("pen", [4, 14])
def test_a_picture_without_lines_keeps_its_strokes(pen: int) -> None:
    picture = np.full((400, 400), 215, np.uint8)
    cv2.line(picture, (200, 40), (200, 340), 40, pen)  # a tall 1
    cv2.line(picture, (200, 40), (160, 100), 40, pen)
    assert np.array_equal(drop_rulings(picture), picture)


def test_a_box_or_a_ring_around_a_drawing_is_left_out() -> None:
    digit = next(digit for digit in pen_digits("development") if digit.label == 2)
    ink = render(digit.drawing, height=0.35).astype(np.float32) / 255
    box = cv2.rectangle(np.zeros_like(ink), (60, 60), (220, 220), 1.0, 6)
    ring = cv2.ellipse(np.zeros_like(ink), (140, 140), (90, 100), 0, 0, 360, 1.0, 6)
    for around in (box, ring):
        assert np.array_equal(keep_digit(np.maximum(ink, around)), ink)
        sheet = (255 * (1 - np.maximum(ink, around))).astype(np.uint8)
        found = mark_mask(extract_ink(np.repeat(sheet[..., None], 3, axis=2)))
        left, top, width, height = cv2.boundingRect(found)
        assert max(width / found.shape[1], height / found.shape[0]) < 0.45, (left, top)


def test_targets_and_faces_keep_their_ring() -> None:
    ring = cv2.circle(np.zeros((280, 280), np.float32), (140, 140), 110, 1.0, 8)
    target = cv2.circle(ring.copy(), (140, 140), 60, 1.0, 8)
    face = ring.copy()
    for eye in (100, 180):
        cv2.circle(face, (eye, 110), 18, 1.0, 6)
    cv2.ellipse(face, (140, 150), (50, 50), 0, 20, 160, 1.0, 6)
    for drawing in (target, face):
        assert np.array_equal(keep_digit(drawing), drawing)


def test_a_slash_and_a_dot_in_a_0_leave_its_ring() -> None:
    ring = cv2.ellipse(np.zeros((280, 280), np.float32), (140, 140), (70, 95), 0, 0, 360, 1.0, 14)
    slash = cv2.line(np.zeros_like(ring), (165, 95), (115, 185), 1.0, 12)
    dot = cv2.circle(np.zeros_like(ring), (140, 140), 10, 1.0, -1)
    for mark in (slash, dot):
        assert keep_digit(np.maximum(ring, mark))[ring > 0].min() == 1
    rng = np.random.default_rng(0)
    for _ in range(60):
        ink = render(draw_allograph(0, rng), pen_width=0.06).astype(np.float32) / 255
        kept = keep_digit(ink)
        assert (kept > 0.3).sum() > 0.6 * (ink > 0.3).sum()
