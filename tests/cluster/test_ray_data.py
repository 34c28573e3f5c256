"""``predict --ray``: every file has its line, whatever happened on the way."""

from __future__ import annotations

import errno
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from repository import ROOT
from running_app import clean_environment

from digit_model.__main__ import main
from digit_model.cluster.folder import predict_folder
from digit_model.files import lock_folder

DRAWINGS = ROOT / "data" / "drawings" / "nmatsui__libtorch-pytorch-mnist"
COUNT = 800
NOTES = os.fsdecode(b"\xfcbrig.txt")  # not UTF-8
START_SECONDS = 150

Capture = pytest.CaptureFixture[str]


def status_of(*arguments: str | Path) -> int:
    try:
        return main(["predict", *map(str, arguments)])
    except SystemExit as stopped:
        return int(str(stopped.code))


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Many of them, in folders; one file is none, with a name in Latin-1, and one is hidden."""
    folder = tmp_path / "pictures"
    for number in range(COUNT):
        path = folder / f"{number % 10}" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(DRAWINGS / f"{number % 10}.png")
    (folder / NOTES).write_text("no picture")
    (folder / ".hidden").write_text("no picture")
    return folder


def command(folder: Path, output: Path) -> list[str]:
    words = ["-m", "digit_model", "predict", "--ray", str(folder), "--output", str(output)]
    return [sys.executable, *words]


def environment() -> dict[str, str]:
    kept = {k: v for k, v in clean_environment().items() if not k.startswith("RAY_")}
    return {**kept, "RAY_AUTH_MODE": "disabled", "RAY_USAGE_STATS_ENABLED": "0"}


def rows(output: Path) -> list[dict[str, Any]]:
    """All lines of all parts; raises ValueError if one isn't whole."""
    parts = [part.read_text() for part in output.glob("*.jsonl")]
    assert all(part.endswith("\n") for part in parts)
    return [json.loads(line) for part in parts for line in part.splitlines()]


@pytest.mark.slow
def test_a_run_that_is_killed_goes_on_where_it_stopped(pictures: Path) -> None:
    output = pictures / "answers"  # inside: it is no picture of the next run
    with (pictures.parent / "log").open("w") as log:
        killed = subprocess.Popen(
            command(pictures, output), cwd=ROOT, env=environment(), stdout=log, stderr=log
        )
        deadline = time.monotonic() + START_SECONDS
        while not [*output.glob("*.jsonl")]:
            assert killed.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
    before = Counter(row["image"] for row in rows(output))
    assert 0 < len(before) < COUNT

    finished = subprocess.run(
        command(pictures, output),
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr
    answers = rows(output)
    assert Counter(row["image"] for row in answers) == Counter(
        [*(f"{number % 10}/{number}.png" for number in range(COUNT)), NOTES]
    )
    read = {row["image"]: row["label"] for row in answers if "error" not in row}
    assert read.keys() == {row["image"] for row in answers} - {NOTES}
    assert sum(name.startswith(f"{label}/") for name, label in read.items()) >= 0.9 * COUNT
    assert "not a picture" in next(row["error"] for row in answers if "error" in row)
    assert f"{COUNT + 1}/{COUNT + 1}" in finished.stderr  # the progress bar's end
    assert f"{COUNT + 1} answers, " in finished.stdout
    assert "1 can't be read" in finished.stdout


DEADLY = "deadly.png"
KILLS_WHO_READS_IT = f"""
import os, pathlib, signal

read_bytes = pathlib.Path.read_bytes

def read_or_die(path):
    if path.name == {DEADLY!r}:
        os.kill(os.getpid(), signal.SIGKILL)
    return read_bytes(path)

pathlib.Path.read_bytes = read_or_die
"""


@pytest.mark.slow
def test_a_picture_that_ends_its_process_has_its_line_and_all_others_are_read(
    tmp_path: Path,
) -> None:
    pictures, patch = tmp_path / "pictures", tmp_path / "patch"
    pictures.mkdir()
    patch.mkdir()
    # Python imports a module of this name at the start of each process.
    (patch / "sitecustomize.py").write_text(KILLS_WHO_READS_IT)
    for name in ("3.png", "7.png"):
        (pictures / name).symlink_to(DRAWINGS / name)
    (pictures / DEADLY).symlink_to(DRAWINGS / "5.png")
    finished = subprocess.run(
        command(pictures, tmp_path / "answers"),
        cwd=ROOT,
        env={**environment(), "PYTHONPATH": str(patch)},
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert finished.returncode == 0, finished.stderr
    assert "3 answers, 3 of them new; 1 can't be read" in finished.stdout
    answers = {row.pop("image"): row for row in rows(tmp_path / "answers")}
    assert [answers[name]["label"] for name in ("3.png", "7.png")] == ["3", "7"]
    assert "more than this machine can give" in answers[DEADLY]["error"]


@pytest.mark.usefixtures("installed")
def test_what_is_done_is_not_done_again(
    tmp_path: Path, empty: Path, pictures: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [path.relative_to(pictures).as_posix() for path in pictures.rglob("*.*")]
    answers = [{"label": "7"} if name != NOTES else {"error": "No."} for name in names]
    rows = zip(names, answers, strict=True)
    lines = [json.dumps({"image": name} | answer) for name, answer in rows]
    output = tmp_path / "answers"
    monkeypatch.setitem(sys.modules, "ray", None)  # there is nothing left for it
    assert status_of("--ray", empty, "--output", output) == 0  # writes the settings
    settings = json.loads((output / "settings.json").read_text())
    (output / "settings.json").write_text(json.dumps({**settings, "folder": str(pictures)}))
    (output / "part-0.jsonl").write_text("\n".join(lines) + "\n")
    assert status_of("--ray", pictures, "--output", output) == 0
    printed = capsys.readouterr().out
    assert f"{COUNT + 1} answers, 0 of them new; 1 can't be read" in printed
    (pictures / NOTES).unlink()
    assert status_of("--ray", pictures, "--output", output) == 0
    assert f"{COUNT} answers, 0 of them new; 0 can't be read" in capsys.readouterr().out
    # Cut off by a power failure: it is read again.
    (output / "part-1.jsonl").write_text('{"image": "0/0.png", "lab')
    assert status_of("--ray", pictures, "--output", output) == 0
    assert [part.name for part in output.glob("*.jsonl")] == ["part-0.jsonl"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray and what it needs seem to be there, for what comes to an end before they are imported."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: True)


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.mark.usefixtures("installed")
def test_one_run_at_a_time_writes_to_a_folder(
    tmp_path: Path, empty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = tmp_path / "answers"
    output.mkdir()
    with lock_folder(output):  # type: ignore[union-attr]
        assert status_of("--ray", empty, "--output", output) == 2
        printed = capsys.readouterr().err
        assert f"{output} is being written by another run" in printed
        assert printed.count("\n") == 1
    assert status_of("--ray", empty, "--output", output) == 0  # the lock's file is no answer

    def no_locks(folder: Path) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("digit_model.files.lock_folder", no_locks)
    assert status_of("--ray", empty, "--output", output) == 0


def test_a_folder_is_another_run_s_until_its_pictures_are_read(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "3.png").symlink_to(DRAWINGS / "3.png")
    output = tmp_path / "answers"
    run = predict_folder(tmp_path / "pictures", output, model=None)
    next(run)
    assert lock_folder(output) is None
    del run  # whoever asked has enough
    with lock_folder(output):  # type: ignore[union-attr]
        pass


@pytest.mark.usefixtures("installed")
def test_no_picture_is_left_out_without_a_word(
    tmp_path: Path, empty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = empty / "closed"
    closed.mkdir()
    scandir = os.scandir

    def refuse(folder: Any) -> Any:
        if str(folder) == str(closed):
            raise PermissionError(errno.EACCES, "Permission denied", str(folder))
        return scandir(folder)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", refuse)
        assert status_of("--ray", empty, "--output", tmp_path / "answers") == 2
    assert capsys.readouterr().err == f"digit_model: {closed}: Permission denied.\n"
    assert status_of("--help") == 0
    assert "folders that are links" in " ".join(capsys.readouterr().out.split())


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "127.0.0.1:99999"])
def test_a_cluster_that_is_not_there_is_said_at_once(
    address: str, empty: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digit_model.serving.worker.load_without_limits", pytest.fail)
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert status_of("--ray", empty, "--output", empty.parent / "answers") == 2
    assert f"Ray can't be had at '{address}', see RAY_ADDRESS." in capsys.readouterr().err


def test_bad_input_gets_one_sentence(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sentence(*arguments: str | Path) -> str:
        assert status_of(*arguments) == 2
        printed = capsys.readouterr().err
        assert printed.count("\n") == 1
        return printed

    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    assert "there is no folder /nowhere" in sentence("--ray", "/nowhere")
    assert "has other files" in sentence("--ray", tmp_path, "--output", tmp_path / "other")
    assert "--output goes with --ray" in sentence("x.png", "--output", tmp_path)
    assert "no other pictures" in sentence("--ray", tmp_path, "x.png")
    assert "/nonexistent" in sentence("--ray", tmp_path, "--model", "/nonexistent")
    (tmp_path / "empty").mkdir()
    assert status_of("--ray", tmp_path / "empty", "--output", tmp_path / "a", "--top-k", "2") == 0
    capsys.readouterr()
    assert "other weights" in sentence("--ray", tmp_path / "empty", "--output", tmp_path / "a")
    (tmp_path / "a" / "settings.json").write_text("// of another program")
    assert "not of such a run" in sentence("--ray", tmp_path / "empty", "--output", tmp_path / "a")
    for missing in ("ray", "pyarrow"):
        installed = {"ray", "pyarrow"} - {missing}
        monkeypatch.setattr(
            importlib.util, "find_spec", lambda name, there=installed: name in there
        )
        assert "requirements-ray.txt" in sentence("--ray", tmp_path)
