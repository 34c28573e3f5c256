"""A picture is read in one pass, and one bad file among many spoils nothing."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digit_model import DigitRecognizer, ImageError, preprocess
from digit_model import recognizer as recognizer_module
from digit_model.serving.timed import CHUNK, TimedPrediction, predict_many
from page.answer import full_answer

EXAMPLES = Path(__file__).parents[1] / "examples"
SEVEN = str(EXAMPLES / "crossed-seven.jpg")


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often the stages of a reading have run since."""
    stages = {"decode_with_factor": recognizer_module, "extract_ink": preprocess}
    counts = dict.fromkeys(stages, 0)

    def counting(name: str, stage: Callable[..., Any]) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            counts[name] += 1
            return stage(*arguments, **options)

        return run

    for name, module in stages.items():
        monkeypatch.setattr(module, name, counting(name, getattr(module, name)))
    return counts


def reading_of_seven(recognizer: DigitRecognizer, top_k: int) -> TimedPrediction:
    (reading,) = predict_many(recognizer, [SEVEN], top_k)
    assert isinstance(reading, TimedPrediction)
    return reading


def test_the_page_s_answer_takes_one_pass(
    recognizer: DigitRecognizer, passes: dict[str, int]
) -> None:
    picture, prediction, milliseconds = reading_of_seven(recognizer, top_k=10)
    answer = full_answer(prediction, milliseconds, picture)
    assert answer["picture"].startswith("data:image/")
    assert answer["crop"] is not None
    assert passes["extract_ink"] == 1


def test_an_explanation_takes_one_pass(recognizer: DigitRecognizer, passes: dict[str, int]) -> None:
    assert recognizer.draw_explanation(SEVEN, "7").shape == (280, 280, 3)
    assert passes == {"decode_with_factor": 1, "extract_ink": 1}


def test_the_milliseconds_hold_all_of_it(
    recognizer: DigitRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(100))
    monkeypatch.setattr("digit_model.serving.timed.time.perf_counter", lambda: float(next(clock)))
    # Decoding, and its share of the batch.
    assert reading_of_seven(recognizer, top_k=3).milliseconds == 2000


def test_a_reading_is_what_the_recogniser_says_of_the_file(recognizer: DigitRecognizer) -> None:
    picture, prediction, milliseconds = reading_of_seven(recognizer, top_k=4)
    expected = recognizer.predict(SEVEN, top_k=4)
    assert prediction.top_k == expected.top_k
    assert prediction.crop == pytest.approx(expected.crop)
    assert np.array_equal(prediction.model_input, expected.model_input)
    assert picture.dtype == np.uint8
    assert max(picture.shape) <= 640
    assert milliseconds > 0


def test_the_crop_is_that_of_the_upright_picture(recognizer: DigitRecognizer) -> None:
    """Ink in one corner of a photograph that its EXIF block turns by a quarter."""
    photo = Image.new("L", (300, 200), 255)
    photo.paste(0, (20, 20, 30, 80))
    exif = photo.getexif()
    exif[0x0112] = 6
    buffer = io.BytesIO()
    photo.save(buffer, "JPEG", exif=exif, quality=95)
    crop = recognizer.predict(buffer.getvalue()).crop
    assert crop is not None
    left, top, width, height = crop
    assert 200 * width == pytest.approx(300 * height)  # a square, on 200 by 300 pixels
    assert left + width / 2 == pytest.approx(1 - 50 / 200, abs=0.02)
    assert top + height / 2 == pytest.approx(25 / 300, abs=0.02)
    assert recognizer.predict(np.zeros((20, 20), np.uint8)).crop is None


def test_bad_files_among_many(recognizer: DigitRecognizer) -> None:
    files: list[Any] = [SEVEN, b"no picture"] * CHUNK + [SEVEN]
    readings = list(predict_many(recognizer, files))
    assert len(readings) == len(files)
    for file, reading in zip(files, readings, strict=True):
        if file == SEVEN:
            assert isinstance(reading, TimedPrediction)
            assert reading.prediction.label == "7"
        else:
            assert isinstance(reading, ImageError)
            assert "not a picture" in str(reading)
    assert list(predict_many(recognizer, [])) == []
