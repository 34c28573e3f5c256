"""Whole numbers, through the public interface, in hands that no training has seen."""

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
from number_strokes import digits_of_one_writer
from PIL import Image
from repository import ROOT

from digit_model import DigitRecognizer, ImageError
from digit_model.__main__ import main
from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.number_pictures import draw_number, number_drawing
from digit_model.data.photographs import KINDS, photograph
from digit_model.data.strokes import pen_digits
from digit_model.digit import normalize_digit
from digit_model.evaluation.numbers import edit_distance
from digit_model.hints import Hint, hint_for
from digit_model.ink.marks import mark_mask
from digit_model.number.writing import extract_writing

TEXTS = ("47", "3450", "2026", "061", "918273", "0123456789")


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


@pytest.mark.parametrize("text", ["13", "31", "10", "11", "911", "2015", "3141", "18112"])
def test_ones_without_a_flag_are_digits(recognizer: DigitRecognizer, text: str) -> None:
    """Many people write such ones; of the recorded writers, nearly nobody."""
    answers = []
    for seed, writer in enumerate(("tr26", "tr27", "tr28", "tr29") * 2):
        rng = np.random.default_rng((72, seed))
        lean = rng.uniform(0, 0.15)
        paper, x = np.full((160, 160 + 90 * len(text)), 255, np.uint8), 50.0
        for digit, strokes in zip(text, digits_of_one_writer(text, writer), strict=True):
            plain = [np.array([(rng.normal(lean, 0.02), -0.5), (0, 0.5)])]
            written = plain if digit == "1" else strokes
            for stroke in written:
                points = np.rint(16 * (80 * stroke + (x, 80))).astype(np.int32)
                cv2.polylines(paper, [points], False, 0, 4 + seed, cv2.LINE_AA, shift=4)
            x += 80 * float(np.concatenate(written)[:, 0].max()) + 30
        answer = recognizer.predict(paper)
        answers.append(answer.number.text if answer.number else answer.label)
    assert answers.count(text) >= 7, answers


def test_boxes_are_within_the_picture(recognizer: DigitRecognizer) -> None:
    for seed in range(5):
        picture = drawing_of("470", seed)
        ink = picture < 128
        rows, columns = (np.flatnonzero(ink.any(axis=axis)) for axis in (1, 0))
        tight = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        digits = recognizer.read_number(tight).digits
        assert len(digits) == 3
        for (left, top, right, bottom), _ in digits:
            assert 0 <= left < right <= tight.shape[1]
            assert 0 <= top < bottom <= tight.shape[0]


def test_boxes_are_in_pixels_of_a_picture_that_is_read_smaller(recognizer: DigitRecognizer) -> None:
    small = cv2.resize(drawing_of("470", 1), (400, 160), interpolation=cv2.INTER_AREA)
    large = cv2.resize(small, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    number, prediction = recognizer.read_number(large), recognizer.predict(large)
    assert prediction.number is not None
    answers = recognizer.read_number(small).digits, number.digits, prediction.number.digits
    for (box, digit), (larger, same), (predicted, _) in zip(*answers, strict=True):
        assert same.label == digit.label
        assert np.allclose(larger, 5 * np.array(box), atol=40)
        assert np.allclose(predicted, larger, atol=1)
        alone = recognizer.cut_out(small, box).shape[1] / recognizer.cut_out(small, box).shape[0]
        cut = recognizer.cut_out(large, larger)  # of the picture as it was read, 640 pixels wide
        assert cut.shape[1] / cut.shape[0] == pytest.approx(alone, rel=0.1)


def test_a_number_on_its_side_can_be_turned(recognizer: DigitRecognizer) -> None:
    refused = right = 0
    for hand in range(6):
        picture = np.stack([drawing_of("9238", hand)] * 3, axis=2)
        for degrees, turns in ((90, 1), (270, 3)):
            turned = np.ascontiguousarray(np.rot90(picture, turns))
            if recognizer.predict(turned).verdict == "not_a_digit":
                hint = hint_for(recognizer.predict_batch, turned, "not_a_digit")
                refused += 1
                right += hint is not None
                assert hint in (None, Hint("turn", degrees, "9238"))
    assert refused >= 6
    assert right >= refused - 2


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
    with pytest.raises(ValueError, match="Nothing is written"):
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
        columns = np.flatnonzero((picture[:, x0:x1] < 128).any(axis=0))
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
    texts = ["12\n34", "2026\n11", "5\n6\n7", "804\n93"] * 3  # each in another hand
    read = [recognizer.read_number(drawing_of(text, seed)).text for seed, text in enumerate(texts)]
    assert sum(map(str.__eq__, read, texts)) >= len(texts) - 2


@pytest.mark.parametrize("text", ["12-34", "3.50", "07/11", "(45)", "8 9"])
def test_what_separates_digits_is_no_digit(recognizer: DigitRecognizer, text: str) -> None:
    digits = "".join(filter(str.isdigit, text))
    numbers = [recognizer.read_number(drawing_of(text, seed)) for seed in range(6)]
    assert sum(number.text == digits for number in numbers) >= 4
    marks = [digit for number in numbers for _, digit in number.digits if digit.label is None]
    assert len(marks) >= 4 or text == "8 9"  # they are told, too
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


def test_bad_input(recognizer: DigitRecognizer) -> None:
    with pytest.raises(ImageError):
        recognizer.read_number(b"no picture")
    with pytest.raises(ValueError, match="top_k"):
        recognizer.read_number(np.zeros((9, 9), np.uint8), top_k=11)
    for shape in ((1, 1), (1, 900), (900, 1), (8, 8)):
        rng = np.random.default_rng(0)
        recognizer.read_number(rng.integers(0, 256, shape, np.uint8))


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


@pytest.mark.parametrize("grey", [0, 100])
def test_the_lines_of_a_form_change_nothing(recognizer: DigitRecognizer, grey: int) -> None:
    same = []
    for seed in range(6):
        digits = [cv2.resize(drawing_of(digit, seed), (60, 60)) for digit in "3075264189"]
        digits = [cv2.copyMakeBorder(each, *(6,) * 4, cv2.BORDER_REPLICATE) for each in digits]
        plain = cv2.copyMakeBorder(np.hstack(digits), *(30,) * 4, cv2.BORDER_REPLICATE)
        form = plain.copy()
        cv2.rectangle(form, (30, 30), (750, 102), grey, 2)
        for x in range(102, 750, 72):
            cv2.line(form, (x, 30), (x, 102), grey, 2)
        same.append(recognizer.read_number(form).text == recognizer.read_number(plain).text)
    assert sum(same) >= 5


def test_a_page_of_digits_is_read(recognizer: DigitRecognizer) -> None:
    rows = [[(7 * row + column) % 10 for column in range(20)] for row in range(12)]
    lines = []
    for hand, row in enumerate(rows):
        digits = [cv2.resize(drawing_of(str(n), 10 * hand + n), (48, 48)) for n in range(10)]
        lines.append(np.hstack([digits[n] for n in row]))
    page = np.vstack(lines)
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
    read = []
    for seed in range(12):
        four = drawing_of("4", seed)
        rows = len(four)
        paper = np.full((rows, 200), 255, np.uint8)
        cv2.ellipse(paper, (100, rows // 2), (40, rows // 2 - 12), 0, 0, 360, 0, 7)
        cv2.line(paper, (88, rows // 2 + 14), (112, rows // 2 - 14), 0, 7)
        read.append(recognizer.read_number(np.hstack([four, paper, paper])).text)
    assert sum(text.endswith("00") for text in read) >= 10, read


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


@pytest.mark.parametrize("text", ["(4)", "7=", "9)", "×5"])
def test_a_digit_beside_signs_is_read(recognizer: DigitRecognizer, text: str) -> None:
    pictures = [drawing_of(text, seed) for seed in range(12)]
    digit = "".join(filter(str.isdigit, text))
    numbers = [recognizer.read_number(picture) for picture in pictures]
    assert sum(number.text == digit for number in numbers) >= 9
    assert all(number.confidence < 1 for number in numbers)
    predictions = [recognizer.predict(picture) for picture in pictures]
    assert sum(prediction.label == digit for prediction in predictions) >= 9
    for picture, prediction in list(zip(pictures, predictions, strict=True))[::4]:
        evidence = recognizer.explain(picture, digit)
        assert not evidence[prediction.model_input == 0].any()  # of the digit, not of the signs


def test_lines_that_touch_are_not_one_large_mark(recognizer: DigitRecognizer) -> None:
    rng = np.random.default_rng((73, 294))
    text = "\n".join(
        "".join(map(str, rng.integers(0, 10, rng.integers(1, 4))))
        for _ in range(rng.integers(3, 6))
    )
    read = recognizer.read_number(draw_number(text, rng, spacing="touching")).text
    assert edit_distance(text, read) <= 3  # not a word of it was read


def test_a_low_digit_beside_a_high_one_is_read(recognizer: DigitRecognizer) -> None:
    """As in 10², or by a careless hand."""
    digits = pen_digits("development")
    read, named = [], []
    for seed in range(24):
        rng = np.random.default_rng((71, seed))
        high, low = (digits[index] for index in rng.integers(0, len(digits), 2))
        pictures = [draw(each.drawing, CONDITIONS[0], STYLES[1], rng) for each in (high, low)]
        side = round(len(pictures[0]) * rng.uniform(0.35, 0.5))
        raised = np.full_like(pictures[0], 255)
        start = int(rng.integers(0, len(raised) - side))
        shrunk = cv2.resize(pictures[1], (side, side), interpolation=cv2.INTER_AREA)
        raised[start : start + side, :side] = shrunk
        picture, text = np.hstack([pictures[0], raised]), f"{high.label}{low.label}"
        read.append(recognizer.read_number(picture).text == text)
        prediction = recognizer.predict(picture)
        named.append(prediction.number is not None and prediction.number.text == text)
    assert min(np.mean(read), np.mean(named)) >= 0.75


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
    assert found.inputs == []
    assert recognizer.read_number(texture).text == ""
