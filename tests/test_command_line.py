"""``python -m digit_model`` as it is typed."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from repository import ROOT

from digit_model import DigitRecognizer
from digit_model.__main__ import main

DRAWINGS = ROOT / "data" / "drawings"
VERBS = ("predict", "read", "evaluate", "export", "push", "publish-space")


Capture = pytest.CaptureFixture[str]


def run(*arguments: str | Path) -> int:
    """In this process, which has imported torch already: the exit status."""
    try:
        return main([*map(str, arguments)])
    except SystemExit as stopped:
        return int(str(stopped.code))


@pytest.fixture
def drawings() -> list[Path]:
    folder = DRAWINGS / "nmatsui__libtorch-pytorch-mnist"
    return [folder / f"{label}.png" for label in (3, 7)]


def test_one_line_a_picture(drawings: list[Path], capsys: Capture) -> None:
    assert run("predict", *drawings) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(": ")[1][0] for line in lines] == ["3", "7"]
    assert not re.search(r"\b(0|100)\.0 %", "".join(lines))  # nothing is certain


def test_a_number_is_printed_as_one(capsys: Capture) -> None:
    number = ROOT / "examples" / "number.jpg"
    assert run("read", number) == 0
    text, confidence = capsys.readouterr().out.strip().split(": ")[1].split("  ")
    assert run("predict", number) == 0
    assert capsys.readouterr().out.endswith(f": {text} (several)  {confidence}\n")


def test_json_and_top_k(drawings: list[Path], capsys: Capture) -> None:
    assert run("predict", "--json", "--top-k", "2", *drawings) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["label"] for row in rows] == ["3", "7"]
    assert all(len(row["top_k"]) == 2 and row["verdict"] == "digit" for row in rows)


def test_a_bad_file_among_good_ones_is_said_and_the_rest_is_read(
    drawings: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("not a picture")
    assert run("predict", bad, *drawings) == 2
    lines = capsys.readouterr().out.splitlines()
    assert "not a picture" in lines[0]
    assert len(lines) == 3


def test_a_name_of_two_lines_is_one_line(
    drawings: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "a\nb\u202e.png"
    path.write_bytes(drawings[0].read_bytes())
    assert run("predict", path) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "/a\\nb\\u202e.png: 3" in line


@pytest.mark.parametrize("verb", ["predict", "read"])
def test_a_name_that_cannot_be_read_sends_nothing_to_the_terminal(
    verb: str, tmp_path: Path, capsys: Capture
) -> None:
    path = tmp_path / "a\nb\x1b[2J.png"
    assert run(verb, path, tmp_path / "c.png") == 2
    lines = capsys.readouterr().out.split("\n")
    assert len(lines) == 3
    assert lines[0].count(r"a\nb\x1b[2J.png") == 2  # the picture, and the reason
    assert run(verb, "--json", path) == 2
    row = json.loads(capsys.readouterr().out)
    assert row["image"] == str(path)
    for arguments in (["--model", "/we\nights", "c.png"], ["--ray", "/fol\nder"]):
        assert run("predict", *arguments) == 2
        assert capsys.readouterr().err.count("\n") == 1


def test_weights_without_a_name_are_asked_for(drawings: list[Path], capsys: Capture) -> None:
    assert run("predict", "--model", "", drawings[0]) == 2
    printed = capsys.readouterr().err
    assert printed == "digit_model: The weights have no name: give a folder or a repository.\n"


def test_a_number_of_thousands_of_digits_is_not_repeated(capsys: Capture) -> None:
    assert run("predict", "--top-k", "9" * 5000, "x.png") == 2
    error = capsys.readouterr().err
    assert "has to be a whole number from 1 to 10" in error
    assert len(error) < 200


def test_the_file_of_weights_is_no_name_of_them(
    drawings: list[Path], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    assert run("predict", "--model", "weights/model.safetensors", drawings[0]) == 2
    assert "weights/model.safetensors is a file: name the folder" in capsys.readouterr().err


def test_nobody_need_hear_the_answers(
    drawings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", None)  # as after `>&-`
    assert run("predict", drawings[0]) == 0


@pytest.mark.slow
def test_as_it_is_typed() -> None:
    command = [sys.executable, "-m", "digit_model", "predict", "--model", "/nonexistent", "x.png"]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 2
    assert finished.stderr.strip().count("\n") == 0
    assert "/nonexistent" in finished.stderr


@pytest.mark.slow
@pytest.mark.parametrize("module", ["digit_model.__main__", "train"])
def test_a_mistake_is_found_before_pytorch_is_imported(module: str) -> None:
    code = f"""
import sys, {module} as program
try:
    program.main(["--no-such-option"])
finally:
    print("torch" in sys.modules)
"""
    command = [sys.executable, "-c", code]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 2, finished.stderr
    assert finished.stdout == "False\n"


def test_ctrl_c_is_a_sentence(
    drawings: list[Path], capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(DigitRecognizer, "from_pretrained", interrupt)
    assert run("predict", drawings[0]) == 130
    assert capsys.readouterr().err.strip() == "digit_model: Stopped."


@pytest.mark.slow
def test_whoever_reads_the_answers_may_stop() -> None:
    three = "data/drawings/nmatsui__libtorch-pytorch-mnist/3.png"
    with subprocess.Popen(
        [sys.executable, "-m", "digit_model", "predict", *[three] * 3],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as started:
        assert started.stdout
        assert started.stderr
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 0


def test_help_names_the_verbs(capsys: Capture) -> None:
    assert run("--help") == 0
    printed = capsys.readouterr().out
    for verb in VERBS:
        assert f"\n    {verb}" in printed


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_says_what_it_does(verb: str, capsys: Capture) -> None:
    assert run(verb, "--help") == 0
    usage, description, *options = capsys.readouterr().out.split("\n\n")
    assert usage.startswith(f"usage: python -m digit_model {verb} ")
    assert description.endswith(".")
    assert options
