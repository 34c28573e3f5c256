"""Uploads stay for their time and no longer, whatever becomes of the process."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from digit_model.files import lock_folder
from page.server.upload_folder import (
    FRESH_SECONDS,
    PREFIX,
    ROOM_SECONDS,
    UploadFolder,
    open_upload_folder,
)

HOUR = 3600.0
OPEN = """
import sys
from page.server.upload_folder import open_upload_folder
with open_upload_folder(max_mb=1, minutes=60) as folder:
    (folder.path / "upload").write_bytes(b"7")
    print(folder.path, flush=True)
    sys.stdin.read()
"""


class Clock:
    """Tells the seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def folder(tmp_path: Path, clock: Clock) -> UploadFolder:
    return UploadFolder(tmp_path, max_bytes=100_000, max_age_seconds=HOUR, clock=clock)


def upload(folder: UploadFolder, name: str, size: int = 10_000) -> Path:
    path = folder.path / name / "picture.png"
    path.parent.mkdir()
    path.write_bytes(bytes(size))
    folder.take(size)
    return path


def test_files_go_after_their_time_and_the_pages_own_stay(
    folder: UploadFolder, clock: Clock
) -> None:
    icon = upload(folder, "icon")
    folder.keep_present()
    old = upload(folder, "old")
    folder.sweep()
    clock.seconds += HOUR / 2
    new, again = upload(folder, "new"), old.parent / "again.png"
    again.write_bytes(b"of the same content")
    folder.sweep()
    clock.seconds += HOUR / 2
    folder.sweep()
    assert [path.exists() for path in (icon, old, new, again)] == [True, False, True, True]
    for _ in range(3):
        clock.seconds += HOUR
        folder.sweep()
    assert list(folder.path.rglob("*")) == [icon.parent, icon]


def assert_lasts_an_hour(folder: UploadFolder, clock: Clock, path: Path) -> None:
    """From now on."""
    folder.sweep()
    clock.seconds += HOUR - 1
    folder.sweep()
    assert path.exists()
    clock.seconds += 1
    folder.sweep()
    assert not path.exists()


def test_a_file_that_is_sent_again_is_new(folder: UploadFolder, clock: Clock) -> None:
    path = upload(folder, "one")
    folder.sweep()
    clock.seconds += HOUR - 1
    path.write_bytes(b"sent again")
    assert_lasts_an_hour(folder, clock, path)


def test_an_upload_that_was_broken_off_goes_soon(folder: UploadFolder, clock: Clock) -> None:
    broken, slow, whole = folder.path / "tmpa", folder.path / "tmpb", upload(folder, "whole")
    broken.write_bytes(b"half")
    slow.write_bytes(b"half")
    folder.sweep()
    clock.seconds += FRESH_SECONDS - 1
    with slow.open("ab") as file:
        file.write(b" and more")
    folder.sweep()
    clock.seconds += 1
    folder.sweep()
    assert [path.exists() for path in (broken, slow, whole)] == [False, True, True]


@pytest.mark.parametrize("years", [-10, 10])
def test_a_jump_of_the_systems_clock_changes_nothing(
    folder: UploadFolder, clock: Clock, years: int
) -> None:
    path = upload(folder, "one")
    moment = time.time() - years * 365 * 86_400  # as if the clock had jumped since
    os.utime(path, (moment, moment))
    assert_lasts_an_hour(folder, clock, path)


def test_who_needs_room_gets_that_of_old_files_and_never_that_of_fresh_ones(
    folder: UploadFolder, clock: Clock
) -> None:
    paths = []
    for number in range(9):
        paths.append(upload(folder, str(number)))
        folder.sweep()
        clock.seconds += 1
    assert not folder.make_room(50_000)
    assert all(path.exists() for path in paths)
    clock.seconds += FRESH_SECONDS - 5
    assert folder.make_room(30_000)
    assert not paths[0].exists()
    assert all(path.exists() for path in paths[5:])
    assert folder.take(30_000)
    clock.seconds += ROOM_SECONDS
    assert not folder.make_room(1_000_000)  # more than there is
    assert not folder.take(100_000)


def test_uploads_come_on_while_files_are_looked_for(
    folder: UploadFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, go_on, rglob = threading.Event(), threading.Event(), Path.rglob

    def slow(path: Path, pattern: str) -> Iterator[Path]:
        yield from rglob(path, pattern)
        found.set()
        assert go_on.wait(10)

    upload(folder, "a", 50_000)
    monkeypatch.setattr(Path, "rglob", slow)
    sweeping = threading.Thread(target=folder.sweep)
    sweeping.start()
    assert found.wait(10)
    assert folder.take(40_000)
    go_on.set()
    sweeping.join()
    assert not folder.take(40_000)  # both count


def test_the_process_has_a_folder_of_its_own_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "somebody else's").write_text("stays")
    with open_upload_folder(max_mb=1, minutes=60) as folder:
        assert folder.path.parent == tmp_path
        assert os.environ["GRADIO_TEMP_DIR"] == str(folder.path)
        with tempfile.NamedTemporaryFile(delete=False) as file:
            assert Path(file.name).parent == folder.path
        if sys.platform != "win32":
            assert folder.path.stat().st_mode & 0o77 == 0  # other users can't look into it
    assert [path.name for path in tmp_path.iterdir()] == ["somebody else's"]
    assert os.environ["GRADIO_TEMP_DIR"] == str(tmp_path)
    assert Path(tempfile.gettempdir()) != folder.path


def test_what_a_killed_process_left_goes_and_a_living_ones_files_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(__file__).parents[1]
    variables = {**os.environ, "GRADIO_TEMP_DIR": str(tmp_path), "PYTHONPATH": str(root)}
    killed, living = (
        subprocess.Popen(
            [sys.executable, "-c", OPEN],
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    )
    try:
        assert killed.stdout is not None
        assert living.stdout is not None
        left, kept = (Path(each.readline().strip()) for each in (killed.stdout, living.stdout))
        killed.kill()
        killed.wait()
        assert left.exists()
        (tmp_path / f"{PREFIX}of-a-user").write_text("no folder")
        monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
        with open_upload_folder(max_mb=1, minutes=60):
            assert not left.exists()
            assert (kept / "upload").read_bytes() == b"7"
            assert lock_folder(kept) is None
        living.communicate()
        assert [path.name for path in tmp_path.iterdir()] == [f"{PREFIX}of-a-user"]
    finally:
        killed.kill()
        living.kill()
