"""One digit or several? From made-up answers, as :mod:`digit_model.number.several` has them."""

import dataclasses

import numpy as np
import pytest

from digit_model.crop import Crop
from digit_model.hints import Hint, hint_for
from digit_model.number.reading import NumberReading
from digit_model.number.several import answer_of, has_several, is_one_apart, of_one_digit
from digit_model.prediction import Prediction, as_several, make_prediction
from digit_model.preprocess import Preprocessed


def answer(
    label: int, *, share: float = 1.0, score: float = 1.0, crop: Crop | None = None
) -> Prediction:
    """Of a digit with this probability, in ink that is one with this score."""
    shares = np.full(10, (1 - share) / 9)
    shares[label] = share
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), crop)
    return make_prediction(inked, shares, score, not_a_digit_below=0.5, unsure_below=0.9, top_k=1)


def test_what_is_hardly_more_likely_right_than_wrong_is_no_number() -> None:
    digit = answer(3)
    alone = dataclasses.replace(digit, verdict="not_a_digit", label=None)

    def several(count: int, confidence: float) -> bool:
        marks = [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), digit) for x in range(count)]
        return has_several(NumberReading("3" * count, confidence, marks), alone)

    for count in (2, 7, 40):
        assert several(count, 0.69**count)
        assert not several(count, 0.67**count)
    alone = dataclasses.replace(alone, crop=(0.0, 0.0, 1.0, 1.0), digit_score=0.0)
    marks = [((0.0, 0.0, 20.0, 40.0), digit), ((30.0, 0.0, 50.0, 40.0), digit)]
    refused = of_one_digit(NumberReading("33", 0.16, marks), alone, (40, 50))
    # Each is none with 0.6; that both are none is less likely, though they are of one hand.
    assert refused.text == ""
    assert 0.6**2 < refused.confidence < 0.6
    many = of_one_digit(NumberReading("3" * 30, 0.15**30, marks * 15), alone, (40, 50))
    assert many.confidence < 0.2  # a page of them is hardly empty


def test_a_few_letters_of_a_text_that_look_like_digits_are_no_number() -> None:
    digit, letter = answer(0), answer(0, score=0.0)

    def several(digits: int, letters: int, height: float = 40.0) -> bool:
        marks = [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), digit) for x in range(digits)]
        marks += [((-30.0 * x, 0.0, 20 - 30.0 * x, height), letter) for x in range(1, letters + 1)]
        return has_several(NumberReading("0" * digits, 0.9, marks))

    assert several(4, 8)  # as in "Invoice no 1234"
    assert not several(4, 9)
    assert several(4, 9, height=19.0)  # points and dashes


def test_one_digit_has_the_box_of_what_was_read() -> None:
    digit = answer(6, crop=(0.3, -0.1, 0.4, 1.2))
    read, cut_off = (35.0, 20.0, 60.0, 60.0), (90.0, 0.0, 99.0, 90.0)
    number = NumberReading("61", 0.2, [(read, digit), (cut_off, digit)])
    assert of_one_digit(number, digit, (100, 100)).digits == [(read, digit)]
    number = NumberReading("1", 0.2, [(cut_off, digit)])
    [(box, _)] = of_one_digit(number, digit, (100, 100)).digits
    assert box == pytest.approx((30, 0, 70, 100))  # not beyond the picture
    letter = answer(1, score=0.0)
    marks = [((40.0, 20.0, 50.0, 60.0), letter), ((48.0, 70.0, 55.0, 76.0), letter)]
    marks.append((cut_off, letter))
    [(box, _)] = of_one_digit(NumberReading("", 0.2, marks), digit, (100, 100)).digits
    assert box == (40.0, 20.0, 55.0, 76.0)  # of all its marks


def test_unsure_digits_of_a_sure_number_count() -> None:
    sure, unsure = answer(0), answer(1, share=0.82)
    assert (sure.verdict, unsure.verdict) == ("digit", "unsure")
    marks = [((0.0, 0.0, 9.0, 40.0), unsure), ((20.0, 0.0, 50.0, 40.0), sure)]
    assert has_several(NumberReading("10", 0.92, marks), sure)
    assert not has_several(NumberReading("10", 0.7, marks), sure)


def test_a_low_digit_counts_unless_it_is_a_part_of_another_one() -> None:
    high, low = answer(8), answer(0)

    def several(box: tuple[float, float, float, float]) -> bool:
        marks = [((0.0, 0.0, 60.0, 100.0), high), (box, low)]
        return has_several(NumberReading("80", 0.95, marks), high)

    assert several((70.0, 0.0, 100.0, 32.0))
    assert not several((70.0, 0.0, 100.0, 28.0))  # a stain
    assert not several((5.0, 0.0, 60.0, 45.0))  # a loop


def test_a_digit_that_stands_apart_is_read_beside_letters() -> None:
    five, letter = answer(5), answer(5, score=0.0)

    def is_apart(
        left: float,
        confidence: float = 0.95,
        clearance: float = 0.1,
        marks: int = 2,
        together: Prediction = letter,
    ) -> bool:
        found = [((0.0, 0.0, 30.0, 40.0), five), ((left, 0.0, left + 30, 40.0), letter)]
        number = NumberReading("5", confidence, found[:marks], clearance)
        return is_one_apart(number, together)

    assert is_apart(40.0)
    assert is_apart(-50.0)
    assert is_apart(24.0)  # a slanting bracket
    assert not is_apart(0.0)  # a dot above
    assert not is_apart(40.0, clearance=0.05)
    assert not is_apart(40.0, confidence=0.75)
    assert not is_apart(40.0, marks=1)
    assert is_apart(40.0, together=answer(6, share=0.6))
    assert not is_apart(40.0, together=answer(6))


def test_the_answer_for_one_digit_is_the_number_s_that_holds() -> None:
    six, letter = answer(6), answer(5, score=0.0)
    left, right = (0.0, 0.0, 30.0, 40.0), (40.0, 0.0, 70.0, 40.0)
    two = NumberReading("66", 0.9, [(left, six), (right, six)])
    several = answer_of(two, letter)
    assert (several.verdict, several.label, several.number) == ("several", None, two)
    assert answer_of(NumberReading("6", 0.9, [(left, six), (right, letter)]), letter) is six
    assert answer_of(NumberReading("", 0.9, [(left, letter)]), letter) is letter


def test_the_loops_of_an_eight_are_no_two_zeros() -> None:
    zero, eight = answer(0), answer(8)

    def reading(gap: float, shift: float) -> NumberReading:
        boxes = [(10.0, 0.0, 40.0, 40.0), (10.0 + shift, 40.0 + gap, 40.0 + shift, 80.0 + gap)]
        return NumberReading("0\n0", 0.95, [(box, zero) for box in boxes])

    assert not has_several(reading(gap=2, shift=-5), eight)
    assert not has_several(reading(gap=-2, shift=5), eight)
    assert has_several(reading(gap=12, shift=0), eight)  # two lines
    assert has_several(reading(gap=2, shift=40), eight)  # beside each other
    unsure = dataclasses.replace(eight, verdict="unsure")
    assert has_several(reading(gap=2, shift=0), unsure)


def test_programs_get_a_number_s_lines() -> None:
    number = NumberReading("33\n3", 0.9, [])
    assert as_several(answer(3), number).as_json()["number"] == "33\n3"


@pytest.mark.parametrize(
    ("confidence", "others", "is_hint"), [(0.95, 0, True), (0.7, 0, False), (0.95, 2, False)]
)
def test_a_number_that_is_not_sure_or_not_whole_is_no_reason_to_turn(
    confidence: float, others: int, is_hint: bool
) -> None:
    digit = answer(3)
    none = dataclasses.replace(digit, verdict="not_a_digit", label=None)
    marks = [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), digit) for x in range(2)]
    marks += [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), none) for x in range(2, 2 + others)]
    number = as_several(none, NumberReading("33", confidence, marks))
    picture = np.zeros((8, 8, 3), np.uint8)
    hint = hint_for(lambda _: [number, none, none], picture, "not_a_digit")
    assert hint == (Hint("turn", 90, "33") if is_hint else None)
