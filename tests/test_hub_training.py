"""From corrections to weights on the Hub, and whether they are better."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
from drawings import load_drawings
from hub_client import Client
from hub_server import READ, WRITE, HubServer
from PIL import Image
from repository import ROOT

from digit_model import DigitRecognizer
from digit_model.data import DataError
from digit_model.data.corrections import read_corrections
from digit_model.evaluation.comparison import (
    compare,
    compare_outcomes,
    format_comparison,
    holm,
    mcnemar,
)
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.preprocess import preprocess
from digit_model.weights import load_weights

pytestmark = pytest.mark.hub

WEIGHTS = {
    name: (ROOT / "weights" / name).read_bytes()
    for name in ("config.json", "ink.safetensors", "model.safetensors", "number.safetensors")
}


def corrections() -> dict[str, bytes]:
    """A data set of two runs: three digits, one of them blank, and a non-digit."""
    blank = io.BytesIO()
    Image.new("L", (50, 50), 255).save(blank, "PNG")
    first, second, third = (drawing.png() for drawing in load_drawings()[:3])
    return {
        "a/1.png": first,
        "a/2.png": blank.getvalue(),
        "a/metadata.jsonl": b'{"file_name": "1.png", "label": "7"}\n'
        b'{"file_name": "2.png", "label": "0"}\n',
        "b/3.png": second,
        "b/4.png": third,
        "b/metadata.jsonl": b'{"file_name": "3.png", "label": "1"}\n'
        b'{"file_name": "4.png", "label": "not a digit"}\n',
        "README.md": b"a card",
    }


def write(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def test_corrections_are_read_as_in_serving(tmp_path: Path) -> None:
    (images, labels), others = read_corrections(write(tmp_path, corrections()))
    assert labels.tolist() == [7, 1]  # the blank one is left out
    expected = [preprocess(drawing.png()) for drawing in load_drawings()[:3]]
    assert np.array_equal(images, np.stack(expected[:2]))
    assert np.array_equal(others, np.stack(expected[2:]))


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n", b'\n{"file_name": "2.p'])
def test_a_last_line_counts_if_it_is_whole(tmp_path: Path, end: bytes) -> None:
    files = {**corrections(), "a/metadata.jsonl": b'{"file_name": "1.png", "label": "7"}' + end}
    (_, labels), _ = read_corrections(write(tmp_path, files))
    assert labels.tolist() == [7, 1]


@pytest.mark.parametrize(
    ("name", "content", "part"),
    [
        ("a/1.png", b"no picture", "not a picture"),
        ("a/1.png", corrections()["a/1.png"][:200], "cut short"),
        ("a/metadata.jsonl", b"{\n", "Line 1 of"),
        ("a/metadata.jsonl", b'{"file_name": "1.png", "label": "12"}\n', "Line 1 of"),
        ("a/metadata.jsonl", b'{"file_name": "../b/3.png", "label": "1"}\n', "Line 1 of"),
        ("a/metadata.jsonl", b'{"file_name": "none.png", "label": "1"}\n', "can't be read"),
        ("a/metadata.jsonl", b'{"file_name": "1.png", "label": "7", "by": "M\xfcller"}', "UTF-8"),
    ],
)
def test_corrections_that_are_none(tmp_path: Path, name: str, content: bytes, part: str) -> None:
    with pytest.raises(DataError, match=part):
        read_corrections(write(tmp_path, {**corrections(), name: content}))


def test_no_corrections_at_all(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no corrections in"):
        read_corrections(tmp_path)


# train.py on almost nothing: rendering its data takes most of a minute.
TRAIN = """
import numpy as np, train
from digit_model.training import digit
from digit_model.training.dataset import TrainingSet
def load_mnist_and_validation(source):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (300, 28, 28)).astype(np.uint8)
    labels = np.arange(300) % 10
    return (images, labels), {{"MNIST": (images, labels)}}
def load_cycle(source, recipe, cycle, mnist):
    return TrainingSet(mnist, mnist, mnist[0][:8], 0.5)
digit.load_mnist_and_validation, digit.load_cycle = load_mnist_and_validation, load_cycle
value = train.main(["--recipe", "quick", "--epochs", "1", "--output", {output!r},
    "--corrections", {data!r}, "--push-to-hub", {repo!r}])
"""


def test_train_with_corrections_and_push(hub: HubServer, client: Client, tmp_path: Path) -> None:
    data, repo, output = hub.new_name("corrections"), hub.new_name(), tmp_path / "new"
    hub.add(data, corrections(), "datasets", private=True)
    code = TRAIN.format(output=str(output), data=data, repo=repo)
    run = client.run(code, token=READ)
    assert run.value == 2
    last = run.err.splitlines()[-1]
    assert "may not write" in last
    assert f"python -m digit_model push {repo} --model {output}" in last
    assert "2 corrected digits and 1 that are none" in run.out
    outcome = client.command("push", repo, "--model", output, token=WRITE)
    assert outcome.status == 0, outcome.err  # as it says
    config = json.loads(hub.repo(repo).files["config.json"].content)
    assert config["training"]["corrections"] == data
    assert client.load(repo).value["sha256"] == config["sha256"]


def test_mcnemar_against_counting() -> None:
    """All outcomes of a few tosses, written out."""
    for tosses in range(1, 9):
        for heads in range(tosses + 1):
            ways = [bin(outcome).count("1") for outcome in range(2**tosses)]
            far = abs(heads - tosses / 2)
            as_uneven = sum(abs(count - tosses / 2) >= far for count in ways)
            assert mcnemar(heads, tosses - heads) == pytest.approx(as_uneven / 2**tosses)
    assert mcnemar(0, 0) == 1.0
    assert mcnemar(4000, 5000) < 1e-20


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == [True, False, False]  # 0.03 > 0.05 / 2
    assert holm([0.01, 0.04, 0.024]) == [True, True, True]
    assert holm([0.02, 0.02, 0.02]) == [False, False, False]
    assert holm([]) == []


def test_verdicts() -> None:
    right = np.ones(100, bool)
    worse, little = right.copy(), right.copy()
    worse[:30], little[:2] = False, False
    rows = compare_outcomes([("a", right, worse), ("b", worse, right), ("c", right, little)])
    assert [row.verdict for row in rows] == ["worse", "better", "no difference shown"]
    assert (rows[0].only_first, rows[0].only_second) == (30, 0)
    assert "worse on 1 " in format_comparison(rows, "old", "new")
    assert "don't ship B" in format_comparison(rows, "old", "new")
    assert "B can replace A" in format_comparison(rows[1:], "old", "new")
    assert "B is no worse" in format_comparison(rows[2:], "old", "new")


def test_digits_that_are_refused_are_not_read_rightly(tmp_path: Path) -> None:
    networks, config = load_weights(DEFAULT_WEIGHTS)
    calibration = dataclasses.replace(config.calibration, not_a_digit_below=0.9999)
    first = DigitRecognizer(networks, config, id="first")
    config = dataclasses.replace(config, calibration=calibration)
    strict = DigitRecognizer(networks, config, id="strict")
    (row,) = compare(first, strict, tmp_path, parts=["drawings"])
    assert row.verdict == "worse"
    assert row.second < 0.1


def test_numbers_are_compared_and_speed_is_not(tmp_path: Path) -> None:
    recognizer = DigitRecognizer.from_pretrained()
    (row,) = compare(recognizer, recognizer, tmp_path, parts=["numbers", "speed"], step=1000)
    assert row.name == "numbers, drawn, overlapping"
    assert row.count == 8  # one of each length
    assert row.first == row.second > 0
    for part in ("speed", "test-writers"):  # weights aren't chosen on a test
        with pytest.raises(DataError, match="Nothing is compared in these parts: empty"):
            compare(recognizer, recognizer, tmp_path, parts=[part])


def test_compare_with_weights_on_the_hub(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    hub.add(repo, WEIGHTS)
    arguments = ("evaluate", "--compare", str(ROOT / "weights"), repo, "--only", "drawings")
    outcome = client.command(*arguments)
    assert outcome.status == 0, outcome.err
    assert "drawings" in outcome.out
    assert "better on 0 and worse on 0" in outcome.out
    outcome = client.command("evaluate", "--compare", "weights", "user/missing")
    assert outcome.status == 2
