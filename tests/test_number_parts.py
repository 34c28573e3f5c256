"""What numbers are read with, part by part: lines, boxes, ink, confidence, training pictures."""

import dataclasses

import numpy as np
import pytest

from digit_model.data import number_pictures
from digit_model.data.enclosures import enclosure
from digit_model.data.handwriting import Mark, place_lines, random_hand, write_line
from digit_model.data.number_pictures import number_picture
from digit_model.data.number_texts import of_form
from digit_model.data.signs import BAR, OVERLINE, SIGNS, UNSEEN_SIGNS
from digit_model.evaluation.numbers import edit_distance
from digit_model.number import OTHER
from digit_model.number.calibration import NumberCalibration
from digit_model.number.detect import Detections, detect
from digit_model.number.frames import without_frames
from digit_model.number.lines import lines_of
from digit_model.number.split import clearance, split_ink
from digit_model.number.writing import extract_writing


def test_lines_may_rise_and_fall() -> None:
    def box(x: float, y: float) -> list[float]:
        return [x - 8, y - 16, x + 8, y + 16]

    rising = np.array([box(20 * n, 100 - 3 * n) for n in range(10)], np.float32)
    assert [line.tolist() for line in lines_of(rising)] == [list(range(10))]
    two = np.array([box(40, 60), box(20, 20), box(40, 22), box(20, 58)], np.float32)
    assert [line.tolist() for line in lines_of(two)] == [[1, 2], [3, 0]]
    assert lines_of(np.zeros((0, 4), np.float32)) == []


def test_many_lines_that_drift_apart_are_told_apart() -> None:
    """Ten pages of five to eight lines, each a little tilted by itself, in different hands."""
    right = 0
    for seed in range(10):
        rng = np.random.default_rng((5, seed))
        hand = random_hand(rng, "training", "usual")
        lines = [write_line("40718", hand, rng, "training") for _ in range(5 + seed % 4)]
        ends = [np.concatenate(mark.strokes) for mark in place_lines(lines, hand, 0.1, rng)]
        boxes = np.array([[*points.min(axis=0), *points.max(axis=0)] for points in ends])
        found = [sorted(line.tolist()) for line in lines_of(32 * boxes)]
        right += found == np.arange(5 * len(lines)).reshape(-1, 5).tolist()
    assert right >= 9


def test_a_high_digit_stays_in_its_line() -> None:
    feet = np.array([60, 62, 61, 60, 63, 62, 61])
    heights = np.array([40, 90, 38, 42, 20, 44, 40])
    left = 40 * np.arange(7)
    boxes = np.stack([left, feet - heights, left + 24, feet], axis=1).astype(np.float32)
    assert [line.tolist() for line in lines_of(boxes)] == [list(range(7))]


@pytest.mark.parametrize(
    ("share", "joined"), [(0.62, False), (0.0, True)], ids=["pale", "not found"]
)
def test_what_the_first_look_does_not_see_well_the_next_one_sees(
    share: float, joined: bool
) -> None:
    """Of writing from left to right its last third, as in a shadow."""
    rng = np.random.default_rng(0)
    picture = np.clip(rng.normal(170, 20, (200, 600, 3)), 120, 255).astype(np.uint8)
    for x in range(60, 520, 30):
        picture[70:130, x : x + 12] = 30
    if joined:
        picture[95:105, 60:520] = 30
    looks = []

    def find_ink(seen: np.ndarray) -> np.ndarray:
        looks.append(seen.shape)
        ink = np.where(seen.mean(axis=2) < 100, np.float32(0.98), np.float32(0))
        if len(looks) == 1:
            ink[:, 2 * ink.shape[1] // 3 :] *= share
        return ink

    left, _, width, _ = extract_writing(picture, find_ink).window
    assert len(looks) > 1
    assert left < 60 / 600
    assert left + width > 520 / 600


def test_a_frame_goes_unless_a_digit_touches_it() -> None:
    apart = np.full((120, 200), 240, np.uint8)
    apart[10:110, [10, 189]] = apart[[10, 109], 10:190] = 20
    apart[40:80, 60:66] = apart[40:80, 120:126] = 20
    left, _, is_framed = without_frames(apart)
    assert not is_framed
    assert (left == 20).sum() == 2 * 40 * 6
    assert (left == 240).sum() == left.size - 2 * 40 * 6
    touching = apart.copy()
    touching[80:110, 60:66] = 20
    assert without_frames(touching).grey is touching
    assert without_frames(touching).is_framed
    assert without_frames(left).grey is left


def test_of_two_boxes_of_one_mark_the_surer_is_kept() -> None:
    centred = np.zeros((8, 8), np.float32)
    centred[2, 2], centred[2, 5], centred[6, 6] = 0.9, 0.5, 0.2
    classes = np.zeros((11, 8, 8), np.float32)
    classes[3, 2, 2] = classes[4, 2, 5] = 1
    boxes = np.zeros((4, 8, 8), np.float32)
    boxes[:, 2, 2], boxes[:, 2, 5] = [0, 0, 20, 30], [2, 0, 20, 30]
    found = detect(centred, classes, boxes)
    assert found.scores.tolist() == pytest.approx([0.9])
    assert found.classes.argmax(axis=1).tolist() == [3]


def test_a_small_digit_that_touches_a_large_one_keeps_its_ink() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[5:55, 30:36] = 1  # a large one,
    ink[45:55, 20:23] = 1  # a small one at its left,
    ink[50, 22:31] = 1  # and a line that joins them
    boxes = np.array([(26, 4, 38, 56), (18, 44, 25, 56)], np.float32)
    (large, _), (small, _) = split_ink(ink, boxes)
    assert large.sum() >= 300
    assert small.sum() >= 30


def test_a_sure_network_s_number_is_likelier_than_a_doubtful_one_s() -> None:
    calibration = NumberCalibration(kinds=2.0, others=-1.0)

    def confidence(digits: int, share: float, *others: float) -> float:
        classes = np.zeros((digits + len(others), 11), np.float32)
        classes[digits:, OTHER] = others
        boxes, scores = np.zeros((len(classes), 4), np.float32), np.full(len(classes), 0.9)
        probabilities = np.full((len(classes), 10), (1 - share) / 9)
        probabilities[:, 7] = share
        return calibration.confidence(probabilities, Detections(boxes, scores, classes))

    confidences = [
        *(confidence(2, 0.99), confidence(2, 0.8), confidence(6, 0.8)),
        *(confidence(6, 0.8, 0.99), confidence(6, 0.8, 0.6)),
    ]
    assert confidences[-1] > 0
    assert confidences == sorted(confidences, reverse=True)
    assert confidences[0] < 1


def test_how_far_a_digit_is_from_other_marks() -> None:
    ink = np.zeros((60, 60), np.float32)
    ink[10:50, 10:14] = ink[10:50, 24:30] = ink[10:50, 50:54] = 1
    boxes = np.array([(10, 10, 14, 50), (24, 10, 30, 50), (50, 10, 54, 50)], np.float32)
    pieces = split_ink(ink, boxes)
    distances = [clearance(pieces, chosen, ink.shape) for chosen in range(3)]
    assert distances == pytest.approx([11, 11, 21], abs=0.5)
    assert clearance(pieces[:1], 0, ink.shape) == float("inf")


def test_edit_distance() -> None:
    cases = (("", "", 0), ("12", "12", 0), ("12", "1", 1), ("12", "132", 1), ("45", "54", 2))
    for one, other, distance in cases:
        assert edit_distance(one, other) == edit_distance(other, one) == distance


def test_training_pictures_have_a_box_around_each_mark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(number_pictures, "ENCLOSED", 0)  # rings and frames are no marks
    marked = count = inside = inked = 0
    for seed in range(60):
        ink, boxes, classes = number_picture((53, seed))
        covered = np.zeros(ink.shape, bool)
        count += len(boxes)
        assert ink.shape == (96, 320)
        assert len(boxes) == len(classes)
        assert ((classes >= 0) & (classes <= 10)).all()
        for left, top, right, bottom in boxes.round().astype(int):
            area = ink[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
            marked += bool((area > 40).any())
            covered[max(top - 1, 0) : bottom + 2, max(left - 1, 0) : right + 2] = True
            assert right > left
            assert bottom > top
        inked += int((ink > 40).sum())
        inside += int((covered & (ink > 40)).sum())
    assert marked == count > 100
    # Boxes that are six pixels off hold 78 %; the rest is dirt, and blur beside narrow marks.
    assert inside > 0.9 * inked
    first, again = number_picture((54, 1)), number_picture((54, 1))
    assert all(map(np.array_equal, first, again))


def test_rings_and_boxes_around_numbers() -> None:
    """They touch it at most, and most of them close."""
    low, high = np.array([0.0, -1.0]), np.array([5.0, 0.0])
    closed = []
    for seed in range(40):
        stroke = enclosure(low, high, np.random.default_rng((56, seed)))
        assert stroke.shape[1:] == (2,)
        beyond = np.maximum(low - stroke, stroke - high).max(axis=1)
        assert np.median(beyond) > 0
        assert beyond.max() < 2.5
        assert beyond.min() > -0.4
        closed.append(float(np.linalg.norm(stroke[0] - stroke[-1])) < 0.5)
    assert np.mean(closed) > 0.5


def test_a_form_has_random_digits() -> None:
    rng = np.random.default_rng(0)
    texts = {of_form("0'000", rng) for _ in range(20)}
    assert len(texts) > 10
    assert all(text[0].isdigit() and text[1] == "'" and text[2:].isdigit() for text in texts)


def test_raised_and_lowered_digits_are_small_digits() -> None:
    for seed in range(20):
        rng = np.random.default_rng((55, seed))
        hand = dataclasses.replace(random_hand(rng, "training"), sizes=0.0, baseline=0.0)
        marks = write_line("2³₁", hand, rng, "training")
        assert [mark.kind for mark in marks] == [2, 3, 1]
        points = [np.concatenate(mark.strokes)[:, 1] for mark in marks]
        assert max(np.ptp(each) for each in points[1:]) < 0.6 < np.ptp(points[0])
        raised, lowered = points[1].max(), points[2].max()
        assert raised < -0.4 < lowered  # a digit's foot is at 0, its top at -1


@pytest.mark.parametrize("sign", [*SIGNS, *UNSEEN_SIGNS])
def test_a_sign_is_no_digit_and_stands_apart(sign: str) -> None:
    rng = np.random.default_rng(0)
    for _ in range(8):
        hand = random_hand(rng, "training", "usual")
        marks = write_line(f"4{sign}7", hand, rng, "training")
        assert [mark.kind for mark in marks] == [4, OTHER, 7]
        edges = [(points[:, 0].min(), points[:, 0].max()) for points in map(_points, marks)]
        assert edges[0][1] < edges[1][0]
        assert edges[1][1] < edges[2][0]
        assert np.ptp(_points(marks[1])[:, 1]) < 2


def test_a_root_reaches_over_what_follows() -> None:
    rng = np.random.default_rng(0)
    for _ in range(8):
        hand = random_hand(rng, "training", "usual")
        root, line, digit = write_line(f"√{OVERLINE}7", hand, rng, "training")
        assert (root.kind, line.kind, digit.kind) == (OTHER, OTHER, 7)
        assert _points(line)[:, 0].min() < _points(digit)[:, 0].min()
        assert _points(line)[:, 1].mean() < -1


def test_the_bar_of_a_fraction_lies_between_its_lines() -> None:
    rng = np.random.default_rng(0)
    for _ in range(8):
        hand = dataclasses.replace(random_hand(rng, "training"), slant=0, baseline=0, sizes=0)
        lines = [write_line(text, hand, rng, "training") for text in ("7", BAR, "4")]
        above, bar, below = (_points(mark) for mark in place_lines(lines, hand, 0.1, rng))
        assert above[:, 1].max() < bar[:, 1].mean() < below[:, 1].min()


def _points(mark: Mark) -> np.ndarray:
    return np.concatenate(mark.strokes)
