"""What is said to make another digit of one does: the changed picture is read as that digit."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from drawings import drawing_of
from PIL import Image, ImageDraw

from digit_model import DigitRecognizer, ImageError
from digit_model.counterfactual import MOST_CHANGED
from digit_model.explanation import AGAINST, FOR

EXAMPLES = Path(__file__).parents[1] / "examples"
NUMBER = EXAMPLES / "number.jpg"

pytestmark = pytest.mark.usefixtures("one_thread")


def drawn(label: str) -> np.ndarray:
    return np.asarray(drawing_of(label).picture().convert("RGB"))


def reach(strokes: list[np.ndarray], width: float, shape: tuple[int, ...]) -> np.ndarray:
    """Where strokes of this width, and a pixel's soft edge, can have changed a picture."""
    image = Image.new("L", (shape[1], shape[0]))
    for stroke in strokes:
        for x, y in stroke:
            radius = width / 2 + 4  # the points lie that close to each other
            ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(image) == 1


@pytest.mark.parametrize("pair", ["49", "94", "17", "38", "83", "06", "56", "65", "71"])
def test_the_changed_drawing_is_read_as_the_other_digit(
    recognizer: DigitRecognizer, pair: str
) -> None:
    toward = pair[1]
    picture = drawn(pair[0])
    before = picture.copy()
    found = recognizer.counterfactual(picture, toward)
    assert (picture == before).all()
    assert found is not None
    again = recognizer.predict(found.picture)
    assert (again.verdict, again.label) == ("digit", toward)
    assert again.probabilities == found.prediction.probabilities
    assert 0 < found.share <= MOST_CHANGED
    # Nothing but the strokes was changed: the pen's got darker, the eraser's lighter.
    change = found.picture[..., 0].astype(int) - picture[..., 0]
    added = reach(found.added, found.pen_width, change.shape)
    erased = reach(found.erased, found.eraser_width, change.shape)
    assert not (change < 0)[~added].any()
    assert not (change > 0)[~erased].any()
    assert found.pen_width == pytest.approx(21, abs=2)  # as it was drawn
    ink = (255.0 - picture[..., 0]).sum()
    assert np.abs(change).sum() / ink == pytest.approx(found.share, abs=0.08)


def test_the_change_belongs_to_the_digit_wherever_it_is(recognizer: DigitRecognizer) -> None:
    picture = drawn("4")
    found = recognizer.counterfactual(picture, "9")
    assert found is not None
    sheet = np.full((640, 640, 3), 255, np.uint8)
    sheet[300:580, 250:530] = picture
    moved = recognizer.counterfactual(255 - sheet, "9")  # and white on black
    assert moved is not None
    for one, other in ((found.added, moved.added), (found.erased, moved.erased)):
        for stroke, there in zip(one, other, strict=True):
            assert there == pytest.approx(stroke + np.array([250, 300]), abs=3)
    # In the pixels of the picture that was given, however large.
    large = recognizer.counterfactual(np.kron(255 - sheet, np.ones((2, 2, 1), np.uint8)), "9")
    assert large is not None
    assert large.pen_width == pytest.approx(2 * moved.pen_width)
    assert np.array_equal(large.picture, moved.picture)
    for stroke, there in zip(moved.added, large.added, strict=True):
        assert there == pytest.approx(2 * stroke)


def test_a_photograph_is_drawn_on_in_its_own_ink(recognizer: DigitRecognizer) -> None:
    photograph = EXAMPLES / "chalk-on-a-board.jpg"
    found = recognizer.counterfactual(photograph, "4")
    assert recognizer.predict(photograph).label == "9"
    assert found is not None
    assert recognizer.predict(found.picture).label == "4"


def test_no_small_change(recognizer: DigitRecognizer) -> None:
    assert recognizer.counterfactual(drawn("7"), "6") is None
    assert recognizer.draw_counterfactual(drawn("7"), "6") is None


def test_questions_without_an_answer(recognizer: DigitRecognizer) -> None:
    blank = np.full((80, 80), 255, np.uint8)
    for picture, toward, sentence in (
        (drawn("4"), "4", "It is read as 4 already."),
        (drawn("4"), "ten", 'A label is one of "0" to "9", not \'ten\'.'),
        (blank, "4", "There is no ink in this picture to change."),
        (NUMBER, "4", "This picture has several digits: ask about one at a time."),
    ):
        with pytest.raises(ValueError, match=re.escape(sentence)):
            recognizer.counterfactual(picture, toward)
    with pytest.raises(ImageError):
        recognizer.counterfactual(b"no picture", "4")


def test_ghosts_are_blue_where_ink_is_added_and_orange_where_it_goes(
    recognizer: DigitRecognizer,
) -> None:
    for label, toward, colour in (("3", "8", FOR), ("8", "3", AGAINST)):
        picture = recognizer.draw_counterfactual(drawn(label), toward)
        assert picture is not None
        assert picture.shape == (280, 280, 3)
        assert picture.dtype == np.uint8
        nearness = np.abs(picture.astype(int) - colour).max(axis=2)
        assert 200 < (nearness < 100).sum() < 0.2 * 280**2
        assert (picture[0] == 255).all()
