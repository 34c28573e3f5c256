"""``python -m digit_model`` as it is typed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DRAWINGS = ROOT / "data" / "drawings"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "digit_model", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture
def drawings() -> list[Path]:
    folder = DRAWINGS / "nmatsui__libtorch-pytorch-mnist"
    return [folder / f"{label}.png" for label in (3, 7)]


def test_one_line_a_picture(drawings: list[Path]) -> None:
    finished = run("predict", *drawings)
    assert finished.returncode == 0, finished.stderr
    lines = finished.stdout.splitlines()
    assert [line.split(": ")[1][0] for line in lines] == ["3", "7"]


def test_json_and_top_k(drawings: list[Path]) -> None:
    finished = run("predict", "--json", "--top-k", "2", *drawings)
    rows = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [row["label"] for row in rows] == ["3", "7"]
    assert all(len(row["top_k"]) == 2 and row["verdict"] == "digit" for row in rows)


def test_a_bad_file_among_good_ones_is_said_and_the_rest_is_read(
    drawings: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("not a picture")
    finished = run("predict", bad, *drawings)
    assert finished.returncode == 2
    assert "not a picture" in finished.stdout.splitlines()[0]
    assert len(finished.stdout.splitlines()) == 3
    assert "Traceback" not in finished.stderr


def test_a_bad_model_is_one_sentence() -> None:
    finished = run("predict", "--model", "/nonexistent", "x.png")
    assert finished.returncode == 2
    assert finished.stderr.strip().count("\n") == 0
    assert "/nonexistent" in finished.stderr


def test_help_names_the_verbs() -> None:
    finished = run("--help")
    assert finished.returncode == 0
    assert "predict" in finished.stdout
    assert "evaluate" in finished.stdout


def test_predicting_does_not_import_training_libraries() -> None:
    code = (
        "import sys, digit_model; digit_model.DigitRecognizer.from_pretrained(); "
        "print([m for m in ('torchvision', 'matplotlib', 'gradio') if m in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.stdout.strip() == "[]"


def test_the_page_does_not_import_training_libraries() -> None:
    code = (
        "import sys, app, digit_model; recognizer = digit_model.DigitRecognizer.from_pretrained(); "
        "app.build_demo(recognizer); "
        "print([m for m in ('torchvision', 'matplotlib') if m in sys.modules])"
    )
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert finished.stdout.strip() == "[]", finished.stderr
