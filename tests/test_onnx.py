"""The ONNX files answer as PyTorch does, on pictures of the evaluation, and say what they are."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from onnxruntime import InferenceSession

from digit_model import DigitRecognizer
from digit_model.__main__ import main
from digit_model.data.photographs import KINDS, photograph
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.sets import load_drawings
from digit_model.fusion import fuse
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.number.detect import detect
from digit_model.preprocess import preprocess
from digit_model.weights import load_weights

TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, InferenceSession]:
    folder = tmp_path_factory.mktemp("onnx") / "new"
    assert main(["export", "--onnx", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {"digit.onnx", "ink.onnx", "number.onnx"}
    return {path.stem: InferenceSession(path) for path in folder.iterdir()}


def test_digits(sessions: dict[str, InferenceSession], recognizer: DigitRecognizer) -> None:
    images, labels = load_drawings()
    [logits] = sessions["digit"].run(None, {"digits": images})
    assert np.abs(logits - recognizer.logits(images)).max() < TOLERANCE
    assert (logits.argmax(1) == labels).all()
    [alone] = sessions["digit"].run(None, {"digits": images[:1]})
    assert alone == pytest.approx(logits[:1], abs=TOLERANCE)


def test_ink_of_pictures_of_any_size_and_the_digit_in_it(
    sessions: dict[str, InferenceSession], recognizer: DigitRecognizer
) -> None:
    asked: list[tuple[int, ...]] = []

    def find_ink(picture: np.ndarray) -> np.ndarray:
        asked.append(picture.shape)
        [[ink]] = sessions["ink"].run(None, {"pictures": picture[None]})
        assert np.abs(ink - recognizer.find_ink(picture)).max() < TOLERANCE
        return ink

    drawing = pen_digits("development")[0].drawing
    for kind in ("faint pencil", "sheet on a table", "dark room"):
        picture, _ = photograph(drawing, KINDS[kind], np.random.default_rng(0))
        assert np.abs(preprocess(picture, find_ink).astype(int) - preprocess(picture)).max() <= 1
    assert asked
    wide = np.random.default_rng(0).integers(0, 256, (32, 176, 3), np.uint8)
    find_ink(wide)
    pair = np.stack([wide, 255 - wide])
    [inks] = sessions["ink"].run(None, {"pictures": pair})
    assert inks[1] == pytest.approx(recognizer.find_ink(pair[1]), abs=TOLERANCE)


def test_numbers(sessions: dict[str, InferenceSession]) -> None:
    find_digits = fuse(load_weights(DEFAULT_WEIGHTS).networks.number).find_digits
    images = load_drawings()[0][:12].reshape(2, 6, 28, 28)
    lines = np.concatenate([*images.transpose(1, 0, 2, 3)], axis=2)
    ink = np.pad(lines / np.float32(255), ((0, 0), (2, 2), (4, 4)))
    answers = sessions["number"].run(["centred", "classes", "boxes"], {"ink": ink})
    for number, line in enumerate(ink):
        for answer, expected in zip(answers, find_digits(line), strict=True):
            assert np.abs(answer[number] - expected).max() < TOLERANCE
        assert len(detect(*(answer[number] for answer in answers)).boxes) == 6  # each digit, once


def test_metadata(sessions: dict[str, InferenceSession], recognizer: DigitRecognizer) -> None:
    for part, sha256 in zip(("digit", "ink", "number"), recognizer.hashes, strict=True):
        found = sessions[part].get_modelmeta().custom_metadata_map
        assert found["sha256"] == sha256
        for value in (*sessions[part].get_inputs(), *sessions[part].get_outputs()):
            assert "count" in found[value.name]
            assert value.shape[0] == "count"
    calibration = sessions["digit"].get_modelmeta().custom_metadata_map["calibration"]
    assert json.loads(calibration)["temperature"] == recognizer.calibration.temperature


def test_what_it_cannot_do_is_said_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", "--onnx", "/dev/null/onnx"]) == 2
    assert capsys.readouterr().err == "digit_model: /dev/null/onnx: Not a directory.\n"
    (tmp_path / "digit.onnx").mkdir()
    assert main(["export", "--onnx", str(tmp_path)]) == 2
    assert capsys.readouterr().err == f"digit_model: {tmp_path / 'digit.onnx'}: Is a directory.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["digit.onnx"]
    (tmp_path / "digit.onnx").rmdir()
    (tmp_path / "number.onnx").mkdir()  # the last one
    assert main(["export", "--onnx", str(tmp_path)]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["number.onnx"]
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "onnx")
    with pytest.raises(SystemExit) as stopped:
        main(["export", "--onnx", str(tmp_path)])
    assert stopped.value.code == 2
    assert capsys.readouterr().err.endswith("--onnx needs the package onnx: pip install onnx\n")
