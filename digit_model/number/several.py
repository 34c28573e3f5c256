"""Whether a picture shows one digit or a number, once it has been read as both."""

from collections.abc import Sequence

import cv2

from digit_model.ink.groups import AS_HIGH, LOWEST
from digit_model.ink.marks import mark_mask
from digit_model.number.reading import Box, NumberReading
from digit_model.prediction import Prediction, as_several
from digit_model.preprocess import Preprocessed

# Geometric mean of a number's confidence over its digits: noise, blots, most letters, and pages of
# which half would be read wrong have less.
LEAST_CONFIDENCE = 0.68
SURE = 0.9**0.5  # such a mean from which they all count as sure, whatever each is by itself
LEAST_SHARE = 1 / 3  # of the marks about as high as digits that are: else it is a text
FEW_DIGITS = 2  # of a number: they may be one digit and a mark beside it
SURE_OF_ONE = 0.8  # confidence from which one digit beside signs or letters is read
APART = 0.06  # in its heights: from its ink to theirs; that of one character is nearer
ALIKE = 0.75  # exponent: marks of one hand that look like digits count as fewer that don't
WIDE = 1.1  # of ink's height: few digits are so wide, and most pairs of them


def may_be_several(picture: Preprocessed, alone: Prediction) -> bool:
    """Whether to ask for a number, too, after the answer for a picture as if it had one digit.

    Two digits that touch are one mark: wide, hard to tell, or like no digit.
    """
    _, _, width, height = cv2.boundingRect(mark_mask(picture.digit / 255))
    is_wide = width > WIDE * height
    return picture.several or is_wide or alone.verdict in ("unsure", "not_a_digit")


def has_several(number: NumberReading, alone: Prediction | None = None) -> bool:
    """Whether there is more than one digit.

    Args:
        number: the picture, read as a number.
        alone: the answer for it as if it had one digit at the most. If it is not sure of one, any
            two digits are enough; else, or without this answer, they have to be sure, each or as a
            number, and not far lower than the highest or a part of it: a ring, a stain and an 8's
            loop are not, and neither are both of its loops. None are that are hardly more likely
            right than wrong, as in noise, blots and letters, or few among others, as in a text.
    """
    digits = number.labelled()
    sure = SURE ** len(digits)
    if number.confidence < LEAST_CONFIDENCE ** len(digits):
        return False
    highest = max((_height(box) for box, _ in digits), default=0.0)
    marks = sum(_height(box) >= AS_HIGH * highest for box, _ in number.digits)
    if len(digits) < LEAST_SHARE * marks:
        return False
    if alone is None or alone.verdict == "digit":
        digits = [
            (box, digit)
            for box, digit in digits
            if (digit.verdict == "digit" or number.confidence >= sure)
            and _height(box) >= LOWEST * highest
            and not any(_is_part(box, other) for other, _ in digits)
        ]
        if alone and _are_loops([box for box, _ in digits]):
            return False
    return len(digits) > 1


def is_surely_several(number: NumberReading) -> bool:
    """Whether there are so many digits that it need not be read as one."""
    return has_several(number) and len(number.labelled()) > FEW_DIGITS


def settle(number: NumberReading, alone: Prediction, shape: tuple[int, ...]) -> NumberReading:
    """Of both answers for a picture of this shape, the one that holds, as a number.

    Args:
        number: the picture, read as a number.
        alone: the answer for it as if it had one digit at the most.
        shape: rows and columns first.
    """
    if is_one_apart(number, alone) or has_several(number, alone):
        return number
    return of_one_digit(number, alone, shape)


def answer_of(number: NumberReading, alone: Prediction) -> Prediction:
    """What :func:`settle` returned, as the answer for one digit: it names several ones."""
    digits = number.labelled()
    if len(digits) > 1:
        return as_several(alone, number)
    return digits[0][1] if digits else alone


def is_one_apart(number: NumberReading, alone: Prediction) -> bool:
    """Whether one digit stands beside other marks, and apart from them, as in "5 km" and "(8)".

    The strokes of one letter nearly touch each other, and a dot lies above or below its stem. If
    all marks together are surely a digit, they are that one.
    """
    if alone.verdict not in ("unsure", "not_a_digit"):
        return False
    digits = number.labelled()
    if len(digits) != 1 or len(number.digits) == 1 or number.confidence < SURE_OF_ONE:
        return False
    [((left, _, right, _), digit)] = digits
    middles = [(box[0] + box[2]) / 2 for box, each in number.digits if each is not digit]
    beside = all(middle < left or middle > right for middle in middles)
    return beside and number.clearance >= APART


def of_one_digit(number: NumberReading, alone: Prediction, shape: tuple[int, ...]) -> NumberReading:
    """The answer for a picture of this shape as if it had one digit, in the place of a number's."""
    boxes = [box for box, _ in number.labelled()]
    if alone.label:
        confidence = alone.confidence
    else:  # that none of what looks like digits is one
        each = number.confidence ** (1 / max(1, len(boxes)))
        confidence = (1 - alone.digit_score) * (1 - each) ** (len(boxes) ** ALIKE)
    if alone.crop is None:
        return NumberReading("", confidence, [])
    square = _square_of(alone, shape)
    within = [box for box in boxes if _is_within(box, square)]
    marks = [box for box, _ in number.digits if _is_within(box, square)]
    box = max(within, key=_height, default=_around(marks) if marks else square)
    return NumberReading(alone.label or "", confidence, [(box, alone)])


def _around(boxes: Sequence[Box]) -> Box:
    """The box of all of them."""
    left, top, right, bottom = zip(*boxes, strict=True)
    return min(left), min(top), max(right), max(bottom)


def _height(box: Box) -> float:
    return box[3] - box[1]


def _is_part(box: Box, other: Box) -> bool:
    """Whether it is lower than another one, and its middle lies in it."""
    return _height(box) < _height(other) and _is_within(box, other)


def _are_loops(boxes: Sequence[Box]) -> bool:
    """Whether they are one above the other and nearly touch, as the loops of an 8 do."""
    if len(boxes) != 2:
        return False
    upper, lower = sorted(boxes, key=lambda box: box[1])
    middle = (upper[0] + upper[2]) / 2
    return lower[0] <= middle <= lower[2] and abs(lower[1] - upper[3]) <= APART * _height(upper)


def _is_within(box: Box, square: Box) -> bool:
    """Whether its middle lies in this square."""
    left, top, right, bottom = square
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return left <= x <= right and top <= y <= bottom


def _square_of(alone: Prediction, shape: tuple[int, ...]) -> Box:
    """What an answer for a picture of this shape is about, in its pixels; empty without ink."""
    left, top, width, height = alone.crop or (0.0, 0.0, 0.0, 0.0)
    rows, columns = shape[:2]
    right, bottom = min(1.0, left + width), min(1.0, top + height)
    return max(0.0, left) * columns, max(0.0, top) * rows, right * columns, bottom * rows
