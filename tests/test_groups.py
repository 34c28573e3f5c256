"""Which marks are the digit: not boxes, rings, underlines and what else was written."""

import cv2
import numpy as np
import pytest
from finding import rgb, whole_ink

from digit_model import DigitRecognizer
from digit_model.data.rendering import render
from digit_model.data.strokes import pen_digits
from digit_model.data.synthetic import draw_allograph
from digit_model.ink.groups import choose_digit, is_plain
from digit_model.ink.marks import mark_mask

SIDE = 300


def rectangle(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    """Ink, float32 (300, 300), of one filled rectangle."""
    ink = np.zeros((SIDE, SIDE), np.float32)
    ink[top:bottom, left:right] = 1
    return ink


DIGIT = np.maximum(rectangle(130, 80, 145, 200), rectangle(130, 185, 180, 200))  # an L


@pytest.mark.parametrize(
    "other",
    [
        rectangle(280, 20, 300, 280),  # a pen, cut off by the edge
        rectangle(20, 10, 250, 20),  # a line of print
        rectangle(20, 250, 40, 270),  # a blot
        rectangle(120, 225, 190, 232),  # an underline
    ],
    ids=["pen", "print", "blot", "underline"],
)
def test_other_marks_are_left_out(other: np.ndarray) -> None:
    chosen = choose_digit(np.maximum(DIGIT, other))
    assert np.array_equal(chosen, DIGIT)


def test_marks_far_from_each_other_or_at_the_edge_are_several_groups() -> None:
    assert is_plain(DIGIT)
    assert is_plain(np.maximum(DIGIT, rectangle(130, 60, 190, 70)))
    assert not is_plain(np.maximum(DIGIT, rectangle(20, 240, 60, 280)))
    assert not is_plain(np.maximum(DIGIT, rectangle(20, 260, 280, 266)))
    assert not is_plain(np.maximum(DIGIT, rectangle(0, 0, 300, 70)))  # a toolbar


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
    assert is_plain(empty)


def test_a_box_or_a_ring_around_a_drawing_is_left_out() -> None:
    digit = next(digit for digit in pen_digits("development") if digit.label == 2)
    ink = render(digit.drawing, height=0.35).astype(np.float32) / 255
    box = cv2.rectangle(np.zeros_like(ink), (60, 60), (220, 220), 1.0, 6)
    ring = cv2.ellipse(np.zeros_like(ink), (140, 140), (90, 100), 0, 0, 360, 1.0, 6)
    for around in (box, ring):
        found = mark_mask(whole_ink(rgb(255 * (1 - np.maximum(ink, around)))))
        left, top, width, height = cv2.boundingRect(found)
        assert max(width / found.shape[1], height / found.shape[0]) < 0.45, (left, top)


def test_a_face_is_no_digit(recognizer: DigitRecognizer) -> None:
    face = cv2.circle(np.zeros((280, 280), np.float32), (140, 140), 110, 1.0, 8)
    for eye in (100, 180):
        cv2.circle(face, (eye, 110), 18, 1.0, 6)
    cv2.ellipse(face, (140, 150), (50, 50), 0, 20, 160, 1.0, 6)
    assert recognizer.predict(rgb(255 * (1 - face))).verdict == "not_a_digit"


def test_the_slash_of_a_0_is_no_digit_in_a_ring(recognizer: DigitRecognizer) -> None:
    ring = cv2.ellipse(np.zeros((280, 280), np.float32), (140, 140), (70, 95), 0, 0, 360, 1.0, 14)
    slashed = cv2.line(ring.copy(), (165, 95), (115, 185), 1.0, 12)
    assert recognizer.predict(rgb(255 * (1 - slashed))).label == "0"
    rng = np.random.default_rng(0)
    zeros = [255 - render(draw_allograph(0, rng), pen_width=0.06) for _ in range(60)]
    predictions = recognizer.predict_batch([rgb(zero) for zero in zeros])
    assert sum(prediction.label == "0" for prediction in predictions) >= 58
