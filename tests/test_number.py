"""Whole numbers, through the public interface, in hands that no training has seen."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image
from repository import ROOT

from digit_model import DigitRecognizer, ImageError
from digit_model.__main__ import main
from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.handwriting import place_lines, random_hand, write_line
from digit_model.data.number_pictures import draw_number, number_drawing, number_picture
from digit_model.data.photographs import KINDS, photograph
from digit_model.data.strokes import pen_digits
from digit_model.digit import normalize_digit
from digit_model.evaluation.numbers import edit_distance
from digit_model.ink.marks import mark_mask
from digit_model.number import OTHER
from digit_model.number.calibration import NumberCalibration
from digit_model.number.detect import Detections, detect
from digit_model.number.lines import lines_of
from digit_model.number.reading import NumberReading
from digit_model.number.several import has_one_apart, has_several, of_one_digit
from digit_model.number.split import split_ink
from digit_model.number.writing import extract_writing
from digit_model.prediction import make_prediction
from digit_model.preprocess import Preprocessed

TEXTS = ("47", "3450", "2026", "061", "918273", "0123456789")


@pytest.fixture(scope="module")
def recognizer() -> DigitRecognizer:
    return DigitRecognizer.from_pretrained()


def drawing_of(text: str, seed: int, spacing: str = "usual") -> np.ndarray:
    return draw_number(text, np.random.default_rng((50, seed)), spacing=spacing)


def test_numbers_are_read(recognizer: DigitRecognizer) -> None:
    for spacing, least in (("close", 0.7), ("usual", 0.85), ("wide", 0.85)):
        texts = TEXTS * 4  # each in another hand
        read = [
            recognizer.read_number(drawing_of(text, hand, spacing)).text
            for hand, text in enumerate(texts)
        ]
        assert sum(map(str.__eq__, read, texts)) >= least * len(texts), spacing


@pytest.mark.parametrize(("text", "seed"), [("100", 0), ("233", 19), ("527", 61)])
def test_a_number_in_a_paint_program_is_read_without_its_buttons(
    recognizer: DigitRecognizer, text: str, seed: int
) -> None:
    rng = np.random.default_rng((66, seed))
    drawing, digit = number_drawing(text, rng)
    screenshot, _ = photograph(drawing, KINDS["toolbar above it"], rng, digit=digit)
    assert recognizer.read_number(screenshot).text == text


def test_a_digit_is_cut_out_with_the_ink_that_was_read(recognizer: DigitRecognizer) -> None:
    """Also where digits touch, of which parts of one lie in the other's box."""
    differences = []
    for seed in range(12):
        picture = drawing_of("2548", seed, "touching")
        number = recognizer.read_number(picture)
        for box, digit in number.digits if number.text else []:
            alone = recognizer.cut_out(picture, box)
            seen, _ = normalize_digit(1 - alone[..., 0].astype(np.float32) / 255)
            differences.append(np.abs(seen.astype(int) - digit.model_input).mean())
    assert len(differences) > 40
    # Of 255. A pixel at its edge may move a digit by one of the 28.
    assert np.quantile(differences, 0.95) < 1

    photograph = np.asarray(Image.open(ROOT / "examples" / "number.jpg").convert("RGB"))
    before = photograph.copy()
    for box, digit in recognizer.read_number(photograph).digits:
        left, top, right, bottom = box
        alone = recognizer.cut_out(photograph, box)
        assert recognizer.predict(alone).label == digit.label
        assert alone.shape[0] >= bottom - top
        assert alone.shape[1] < 1.6 * max(bottom - top, right - left)
    assert (photograph == before).all()
    blank = np.full((90, 90), 255, np.uint8)
    with pytest.raises(ValueError, match="no digit in this picture"):
        recognizer.cut_out(blank, (0, 0, 9, 9))
    no_boxes: list[Any] = [(1, 2, 3), (0, 0, float("nan"), 9), "1234", [[0] * 4], ["a"] * 4]
    for box in [*no_boxes, [10**400] * 4, None]:
        with pytest.raises(ValueError, match="A box has four numbers"):
            recognizer.cut_out(photograph, box)


def test_a_number_s_digits_stand_in_their_boxes(recognizer: DigitRecognizer) -> None:
    picture = drawing_of("47", 0)
    number = recognizer.read_number(picture, top_k=2)
    assert number.text == "47"
    assert 0.5 < number.confidence < 1
    assert [digit.label for _, digit in number.digits] == ["4", "7"]
    for (left, top, right, bottom), digit in number.digits:
        x0, x1 = round(left), round(right)
        columns = np.flatnonzero((picture[:, max(x0, 0) : x1] < 128).any(axis=0))
        assert columns[-1] - columns[0] > 0.8 * (x1 - x0)  # the ink fills it
        rows = np.flatnonzero((picture[round(top) : round(bottom)] < 128).any(axis=1))
        assert rows[-1] - rows[0] > 0.8 * (bottom - top)
        assert sum(digit.probabilities.values()) == pytest.approx(1)
        assert len(digit.top_k) == 2
        assert digit.verdict in ("digit", "unsure")
        assert digit.model_input.any()
    first, second = (box for box, _ in number.digits)
    assert first[0] < second[0]


def test_boxes_are_in_pixels_of_the_upright_picture(
    recognizer: DigitRecognizer, tmp_path: Path
) -> None:
    drawing = drawing_of("47", 0)
    plain = recognizer.read_number(drawing)
    large = np.kron(drawing, np.ones((4, 4), np.uint8))
    turned = Image.fromarray(np.rot90(large))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right
    turned.save(tmp_path / "turned.png", exif=exif)
    number = recognizer.read_number(tmp_path / "turned.png")
    assert number.text == "47"
    for (box, _), (small, _) in zip(number.digits, plain.digits, strict=True):
        assert np.allclose(box, 4 * np.array(small), atol=20)


def test_lines_are_read_from_top_to_bottom(recognizer: DigitRecognizer) -> None:
    texts = ["12\n34", "2026\n11", "5\n6\n7", "804\n93"]
    read = [recognizer.read_number(drawing_of(text, seed)).text for seed, text in enumerate(texts)]
    assert sum(map(str.__eq__, read, texts)) >= len(texts) - 1


@pytest.mark.parametrize("text", ["12-34", "3.50", "07/11", "(45)", "8 9"])
def test_what_separates_digits_is_no_digit(recognizer: DigitRecognizer, text: str) -> None:
    digits = "".join(filter(str.isdigit, text))
    numbers = [recognizer.read_number(drawing_of(text, seed)) for seed in range(6)]
    assert sum(number.text == digits for number in numbers) >= 4
    marks = [digit for number in numbers for _, digit in number.digits if digit.label is None]
    assert all(digit.verdict in ("not_a_digit", "blank") for digit in marks)


def test_a_picture_with_nothing_in_it_is_an_empty_number(recognizer: DigitRecognizer) -> None:
    for paper in (0, 200, 255):
        number = recognizer.read_number(np.full((90, 200), paper, np.uint8))
        assert (number.text, number.digits) == ("", [])


def test_one_digit_is_a_number_of_length_one(recognizer: DigitRecognizer) -> None:
    same = []
    for number, digit in enumerate(pen_digits("development")[::100]):
        for condition in CONDITIONS:
            rng = np.random.default_rng((51, number))
            picture = draw(digit.drawing, condition, STYLES[1], rng)
            prediction, reading = recognizer.predict(picture), recognizer.read_number(picture)
            same.append(reading.text == (prediction.label or ""))
            if prediction.label and same[-1]:
                ((_, alone),) = reading.digits
                assert alone.label == prediction.label
    assert np.mean(same) >= 0.98


def test_predict_says_that_there_are_several_and_names_them(recognizer: DigitRecognizer) -> None:
    predictions = [recognizer.predict(drawing_of(text, seed)) for seed, text in enumerate(TEXTS)]
    assert {prediction.verdict for prediction in predictions} == {"several"}
    named = [prediction.number.text for prediction in predictions if prediction.number]
    assert sum(map(str.__eq__, named, TEXTS)) >= len(TEXTS) - 1
    assert all(prediction.label is None for prediction in predictions)
    one = recognizer.predict(drawing_of("4", 3))
    assert (one.verdict, one.number) == ("digit", None)


def test_letters_are_no_number(recognizer: DigitRecognizer) -> None:
    read = [recognizer.read_number(drawing_of("????", seed)).text for seed in range(40)]
    assert sum(map(bool, read)) <= 2


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


def test_bad_input(recognizer: DigitRecognizer) -> None:
    with pytest.raises(ImageError):
        recognizer.read_number(b"no picture")
    with pytest.raises(ValueError, match="top_k"):
        recognizer.read_number(np.zeros((9, 9), np.uint8), top_k=11)
    for shape in ((1, 1), (1, 900), (900, 1), (8, 8)):
        rng = np.random.default_rng(0)
        recognizer.read_number(rng.integers(0, 256, shape, np.uint8))


def on_paper(drawing: np.ndarray, seed: int) -> np.ndarray:
    """A photograph of it: blurred, with grain, on paper that is darker at the left."""
    light = np.linspace(0.5, 0.7, drawing.shape[1])
    grain = np.random.default_rng(seed).normal(0, 4, drawing.shape)
    return np.clip(50 + light * cv2.GaussianBlur(drawing, (0, 0), 1) + grain, 0, 255).astype("u1")


def test_a_photograph_may_be_a_long_strip(recognizer: DigitRecognizer) -> None:
    digits = [drawing_of("7", seed) for seed in range(5)]
    digits = [cv2.resize(digit, (60, 60), interpolation=cv2.INTER_AREA) for digit in digits]
    strips = [cv2.copyMakeBorder(d, 0, 0, 270, 270, cv2.BORDER_REPLICATE) for d in digits]
    for seed, strip in enumerate(strips):
        for picture in (on_paper(strip, seed), on_paper(strip, seed).T):
            assert recognizer.predict(picture).verdict != "blank"
        assert recognizer.predict(on_paper(strip, seed)).label == "7"
    text = "202613579840"
    read = [recognizer.read_number(on_paper(drawing_of(text, seed), seed)) for seed in range(5)]
    wrong = sum(edit_distance(number.text, text) for number in read)
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


def test_two_digits_that_touch_are_several(recognizer: DigitRecognizer) -> None:
    named = []
    for seed in range(40):
        rng = np.random.default_rng((67, seed))
        text = "".join(map(str, rng.integers(0, 10, 2)))
        prediction = recognizer.predict(draw_number(text, rng, spacing="touching"))
        named.append(prediction.number is not None and prediction.number.text == text)
    assert np.mean(named) >= 0.8


@pytest.mark.parametrize("pen", [1, 2, 6])
def test_a_frame_is_no_digit(recognizer: DigitRecognizer, pen: int) -> None:
    read = []
    for seed in range(6):
        number = cv2.resize(drawing_of("42", seed), (160, 90), interpolation=cv2.INTER_AREA)
        boxed = cv2.copyMakeBorder(number, 15, 15, 15, 15, cv2.BORDER_REPLICATE)
        cv2.rectangle(boxed, (4, 4), (boxed.shape[1] - 5, boxed.shape[0] - 5), 0, pen)
        boxed = cv2.copyMakeBorder(boxed, 20, 20, 20, 20, cv2.BORDER_CONSTANT, value=255)
        read.append(recognizer.read_number(boxed).text)
    assert read.count("42") >= 5, read


def test_a_page_of_digits_is_read(recognizer: DigitRecognizer) -> None:
    digits = [cv2.resize(drawing_of(str(n), n + 10), (48, 48)) for n in range(10)]
    rows = [[(7 * row + column) % 10 for column in range(20)] for row in range(12)]
    page = np.vstack([np.hstack([digits[n] for n in row]) for row in rows])
    text = "\n".join("".join(map(str, row)) for row in rows)
    assert edit_distance(recognizer.read_number(page).text, text) <= 24  # of 240


def _ring(paper: np.ndarray, rows: int, columns: int) -> None:
    middle, axes = (2 * columns, 2 * rows), (round(0.8 * columns), round(1.0 * rows))
    cv2.ellipse(paper, middle, axes, 0, 0, 360, 0, 5)


def _brace(paper: np.ndarray, rows: int, columns: int) -> None:
    x = columns + columns // 4
    points = [(x, 0.4), (x - 20, 0.8), (x - 20, 1.8), (x - 40, 2), (x - 20, 2.2), (x - 20, 3.2)]
    corners = np.array([(left, rows * y) for left, y in [*points, (x, 3.6)]]).round()
    cv2.polylines(paper, [corners.astype(np.int32)], False, 0, 8)


def _arrow(paper: np.ndarray, rows: int, columns: int) -> None:
    cv2.arrowedLine(
        paper, (3 * columns, 10), (4 * columns - 10, 4 * rows - 10), 0, 8, tipLength=0.1
    )


@pytest.mark.parametrize("draw", [_ring, _brace, _arrow])
def test_large_marks_around_a_number_are_left_out(
    recognizer: DigitRecognizer, draw: Callable[[np.ndarray, int, int], None]
) -> None:
    right = 0
    for seed in range(5):
        number = draw_number("4071", np.random.default_rng((8, seed)), spacing="usual")
        left, top, columns, rows = cv2.boundingRect(255 - number)
        number = number[top : top + rows, left : left + columns]
        paper = np.full((4 * rows, 4 * columns), 255, np.uint8)
        top, left = 3 * rows // 2, 3 * columns // 2
        paper[top : top + rows, left : left + columns] = number
        draw(paper, rows, columns)
        right += recognizer.read_number(paper).text == "4071"
    assert right >= 4


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("text", "marks"), [("1=", 3), ("4--", 3), ("3...", 4)])
def test_a_digit_among_dots_and_dashes_is_no_large_mark(text: str, marks: int, seed: int) -> None:
    number = draw_number(text, np.random.default_rng(seed), spacing="wide")
    ink = extract_writing(np.dstack([number] * 3), find_ink=lambda _: pytest.fail("a drawing"))
    assert cv2.connectedComponents(mark_mask(ink.pixels))[0] == 1 + marks


def test_a_slash_that_keeps_off_its_zero_is_a_part_of_it(recognizer: DigitRecognizer) -> None:
    zero = drawing_of("4", 0)
    rows = len(zero)
    paper = np.full((rows, 200), 255, np.uint8)
    cv2.ellipse(paper, (100, rows // 2), (40, rows // 2 - 12), 0, 0, 360, 0, 7)
    cv2.line(paper, (88, rows // 2 + 14), (112, rows // 2 - 14), 0, 7)
    assert recognizer.read_number(np.hstack([zero, paper, paper])).text == "400"


# ---- the command line


def test_read_prints_a_line_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(drawing_of("47", 0)).save(tmp_path / "number.png")
    Image.fromarray(np.full((50, 50), 255, np.uint8)).save(tmp_path / "blank.png")
    (tmp_path / "text.png").write_bytes(b"seven")
    files = [str(tmp_path / name) for name in ("number.png", "blank.png", "text.png")]
    assert main(["read", *files]) == 2
    number, blank, text = capsys.readouterr().out.splitlines()
    assert number.startswith(f"{files[0]}: 47  [")
    assert blank.startswith(f"{files[1]}: no digits")
    assert text.startswith(f"{files[2]}: This file is not a picture")
    assert main(["read", "--json", files[0]]) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["image"], row["text"]) == (files[0], "47")
    assert [digit["label"] for digit in row["digits"]] == ["4", "7"]


def test_a_name_that_cannot_be_printed_is_escaped(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.png")
    Image.fromarray(drawing_of("47", 0)).save(tmp_path / name)
    command = [sys.executable, "-m", "digit_model", "read", str(tmp_path / name), str(tmp_path)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert ended.stdout.splitlines()[0].startswith(f"{tmp_path}/caf\\udce9.png: 47")
    assert ended.stderr == ""


# ---- parts


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


def test_what_is_more_likely_wrong_than_right_is_no_number() -> None:
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), None)
    digit = make_prediction(
        inked, np.eye(10)[3], 1.0, not_a_digit_below=0.5, unsure_below=0.5, top_k=1
    )
    alone = dataclasses.replace(digit, verdict="not_a_digit", label=None)

    def several(count: int, confidence: float) -> bool:
        marks = [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), digit) for x in range(count)]
        return has_several(NumberReading("3" * count, confidence, marks), alone)

    assert several(2, 0.3)
    assert not several(2, 0.2)  # each digit is right with 0.45
    assert several(7, 0.01)
    assert not several(7, 0.001)
    assert several(40, 1e-27)  # of many, with 0.21
    assert not several(40, 1e-29)  # as in noise
    alone = dataclasses.replace(alone, crop=(0.0, 0.0, 1.0, 1.0), digit_score=0.0)
    marks = [((0.0, 0.0, 20.0, 40.0), digit), ((30.0, 0.0, 50.0, 40.0), digit)]
    refused = of_one_digit(NumberReading("33", 0.16, marks), alone, (40, 50))
    assert (refused.text, refused.confidence) == ("", pytest.approx(0.6))


def test_a_few_letters_of_a_text_that_look_like_digits_are_no_number() -> None:
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), None)
    limits: dict[str, Any] = {"not_a_digit_below": 0.5, "unsure_below": 0.5, "top_k": 1}
    digit, letter = (make_prediction(inked, np.eye(10)[0], score, **limits) for score in (1.0, 0.0))

    def several(digits: int, letters: int, height: float = 40.0) -> bool:
        marks = [((30.0 * x, 0.0, 30.0 * x + 20, 40.0), digit) for x in range(digits)]
        marks += [((-30.0 * x, 0.0, 20 - 30.0 * x, height), letter) for x in range(1, letters + 1)]
        return has_several(NumberReading("0" * digits, 0.9, marks))

    assert several(4, 8)  # as in "Invoice no 1234"
    assert not several(4, 9)
    assert several(4, 9, height=19.0)  # points and dashes


def test_one_digit_has_the_box_of_what_was_read() -> None:
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), (0.3, -0.1, 0.4, 1.2))
    digit = make_prediction(
        inked, np.eye(10)[6], 1.0, not_a_digit_below=0.5, unsure_below=0.5, top_k=1
    )
    read, cut_off = (35.0, 20.0, 60.0, 60.0), (90.0, 0.0, 99.0, 90.0)
    number = NumberReading("61", 0.2, [(read, digit), (cut_off, digit)])
    assert of_one_digit(number, digit, (100, 100)).digits == [(read, digit)]
    number = NumberReading("1", 0.2, [(cut_off, digit)])
    [(box, _)] = of_one_digit(number, digit, (100, 100)).digits
    assert box == pytest.approx((30, 0, 70, 100))  # not beyond the picture


def test_unsure_digits_of_a_sure_number_count() -> None:
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), None)
    shares = np.full(10, 0.02)
    shares[1] = 0.82
    sure, unsure = (
        make_prediction(inked, row, 1.0, not_a_digit_below=0.5, unsure_below=0.9, top_k=1)
        for row in (np.eye(10)[0], shares)
    )
    assert (sure.verdict, unsure.verdict) == ("digit", "unsure")
    marks = [((0.0, 0.0, 9.0, 40.0), unsure), ((20.0, 0.0, 50.0, 40.0), sure)]
    assert has_several(NumberReading("10", 0.92, marks), sure)
    assert not has_several(NumberReading("10", 0.7, marks), sure)


def test_a_digit_that_stands_apart_is_read_beside_letters() -> None:
    inked = Preprocessed(np.full((28, 28), 255, np.uint8), None)
    limits: dict[str, Any] = {"not_a_digit_below": 0.5, "unsure_below": 0.9, "top_k": 1}
    five = make_prediction(inked, np.eye(10)[5], 1.0, **limits)
    letter = make_prediction(inked, np.eye(10)[5], 0.0, **limits)

    def is_apart(left: float, confidence: float = 0.95, marks: int = 2) -> bool:
        found = [((0.0, 0.0, 30.0, 40.0), five), ((left, 0.0, left + 30, 40.0), letter)]
        return has_one_apart(NumberReading("5", confidence, found[:marks]))

    assert is_apart(40.0)
    assert is_apart(-50.0)
    assert not is_apart(32.0)
    assert not is_apart(40.0, confidence=0.8)
    assert not is_apart(40.0, marks=1)


def test_a_digit_and_a_tick(recognizer: DigitRecognizer) -> None:
    read = []
    for seed in range(6):
        four = drawing_of("4", seed)
        side = len(four)
        paper = np.full((side, side), 255, np.uint8)
        tick = np.array([(30, 50), (45, 75), (80, 25)]) * side // 100
        cv2.polylines(paper, [tick], False, 0, side // 20, cv2.LINE_AA)
        read.append(recognizer.read_number(np.hstack([four, paper])).text)
    assert read.count("4") >= 2, read


def test_the_marks_of_a_texture_are_not_read_one_by_one(recognizer: DigitRecognizer) -> None:
    rows = np.arange(0, 512, 16)
    texture = np.full((512, 512, 3), 255, np.uint8)
    for y in rows:
        for x in rows:
            cv2.line(texture, (int(x) + 4, int(y) + 3), (int(x) + 4, int(y) + 12), (0, 0, 0), 2)
    found = recognizer.number_reader.find(texture)
    assert found[1] == []
    assert recognizer.read_number(texture).text == ""


def test_edit_distance() -> None:
    cases = (("", "", 0), ("12", "12", 0), ("12", "1", 1), ("12", "132", 1), ("45", "54", 2))
    for one, other, distance in cases:
        assert edit_distance(one, other) == edit_distance(other, one) == distance


def test_training_pictures_have_a_box_around_each_mark() -> None:
    marked = 0
    for seed in range(60):
        ink, boxes, classes = number_picture((53, seed))
        assert ink.shape == (96, 320)
        assert len(boxes) == len(classes)
        assert ((classes >= 0) & (classes <= 10)).all()
        for left, top, right, bottom in boxes.round().astype(int):
            area = ink[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
            marked += bool((area > 40).any())
            assert right > left
            assert bottom > top
    assert marked > 100
    first, again = number_picture((54, 1)), number_picture((54, 1))
    assert all(map(np.array_equal, first, again))
