"""What is acknowledged is on the disk, whatever happens, and nobody fills the disk."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from processes import largest_file
from repository import ROOT

from digit_model.correction_store import (
    DAY_SECONDS,
    METADATA_FILE,
    CorrectionError,
    CorrectionLimits,
    CorrectionStore,
)
from digit_model.data import DataError
from digit_model.data.corrections import read_corrections
from digit_model.files import lock_folder
from digit_model.hub.names import HubName, locate_dataset
from digit_model.prediction import Prediction

PREDICTION = Prediction(
    "digit", "7", {}, [("7", 0.9)], 0.9, 0.8, np.zeros((28, 28), np.uint8), (0.0, 0.0, 1.0, 1.0)
)
MODEL: dict[str, str | None] = {"id": "weights", "revision": None, "sha256": "0" * 64}


class Clock:
    """Tells the seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def add(store: CorrectionStore, shade: int, label: str = "7", **options: Any) -> dict[str, str]:
    picture = np.full((40, 40, 3), shade, np.uint8)
    return store.add(picture, label, prediction=PREDICTION, model=MODEL, **options)


def labels(folder: Path) -> list[str]:
    """Of the stored corrections, each of which has its picture."""
    found = []
    for file in folder.rglob(METADATA_FILE):
        for line in file.read_text().splitlines():
            row = json.loads(line)
            assert (file.parent / row["file_name"]).is_file()
            found.append(row["label"])
    return sorted(found)


def is_one_sentence(error: pytest.ExceptionInfo[CorrectionError], folder: Path) -> bool:
    text = str(error.value)
    return text.startswith("Nothing was kept: ") and text[-1] == "." and str(folder) not in text


@pytest.mark.slow
def test_what_was_acknowledged_survives_kills_at_random_moments() -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "benchmarks" / "killed_corrections.py"), "--kills", "25"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    kills, acknowledged, lost = (int(part.split(": ")[1]) for part in run.stdout.split(", "))
    assert kills == 25
    assert acknowledged > kills
    assert lost == 0


def test_the_disk_has_the_picture_before_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []

    def note(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr("os.fsync", note)
    store = CorrectionStore(tmp_path)
    add(store, 0)
    assert synced[:1] == [tmp_path.name]  # it holds the run's folder
    assert synced[1].endswith(".partial")
    assert synced[2:] == [store.run, METADATA_FILE, store.run]


def test_the_same_again_is_stored_once(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path)
    first = add(store, 0)
    assert add(store, 0) == first
    assert add(store, 0, "1")["id"] != first["id"]  # somebody thinks otherwise
    assert add(store, 1)["id"] != first["id"]
    assert labels(tmp_path) == ["1", "7", "7"]


def test_a_sender_has_a_limit_for_a_day(tmp_path: Path) -> None:
    clock = Clock()
    store = CorrectionStore(tmp_path, limits=CorrectionLimits(sender=2), clock=clock)
    for shade in (0, 1, 1, 1):
        add(store, shade, sender="192.0.2.1")
    with pytest.raises(CorrectionError, match="enough") as error:
        add(store, 2, sender="192.0.2.1")
    assert is_one_sentence(error, tmp_path)
    add(store, 2, sender="192.0.2.2")
    clock.seconds += DAY_SECONDS
    add(store, 3, sender="192.0.2.1")
    assert len(labels(tmp_path)) == 4


@pytest.mark.parametrize("limits", [{"run_bytes": 2000}, {"all_bytes": 3000}])
def test_corrections_have_a_limit_in_bytes(tmp_path: Path, limits: dict[str, int]) -> None:
    (tmp_path / "another").mkdir()
    (tmp_path / "another" / METADATA_FILE).write_bytes(bytes(1000))
    clock = Clock()
    store = CorrectionStore(tmp_path, limits=CorrectionLimits(**limits), clock=clock)

    def fill() -> None:
        for shade in range(100):
            add(store, shade)

    with pytest.raises(CorrectionError, match="no room") as error:
        fill()
    assert is_one_sentence(error, tmp_path)
    assert 1 < len(list(tmp_path.rglob("*.png"))) < 8
    shutil.rmtree(tmp_path)  # as an operator may at any time
    clock.seconds += 1
    add(store, 200)


@pytest.mark.parametrize("deleted", ["run", "all"])
def test_a_folder_that_is_deleted_meanwhile_comes_back(tmp_path: Path, deleted: str) -> None:
    folder = tmp_path / "corrections"
    store = CorrectionStore(folder)
    receipt = add(store, 0)
    shutil.rmtree(folder if deleted == "all" else folder / store.run)
    assert add(store, 0)["id"] == receipt["id"]  # it isn't taken for stored
    add(store, 1, "1")
    assert labels(folder) == ["1", "7"]
    assert lock_folder(folder / store.run) is None  # so no other process takes it for abandoned


def test_a_folder_that_another_process_has_taken_over_is_left_to_it(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path)
    add(store, 0)
    store.release()
    taken = store.run
    lock = lock_folder(tmp_path / taken)
    assert lock is not None
    before = (tmp_path / taken / METADATA_FILE).read_bytes()
    assert not add(store, 1, "1")["stored"].startswith(taken)
    assert (tmp_path / taken / METADATA_FILE).read_bytes() == before
    assert labels(tmp_path) == ["1", "7"]
    lock.close()


@pytest.mark.parametrize("room", ["no picture", "a part of a line"])
def test_a_full_disk_is_one_sentence_and_leaves_nothing_torn(tmp_path: Path, room: str) -> None:
    store = CorrectionStore(tmp_path)
    add(store, 0)
    metadata = tmp_path / store.run / METADATA_FILE
    with (
        largest_file(20 if room == "no picture" else metadata.stat().st_size + 30),
        pytest.raises(CorrectionError, match="disk is full") as error,
    ):
        add(store, 1, "8")
    assert is_one_sentence(error, tmp_path)
    assert labels(tmp_path) == ["7"]
    assert len(list(tmp_path.rglob("*.png"))) == 1
    add(store, 1, "8")
    assert labels(tmp_path) == ["7", "8"]


@pytest.mark.parametrize(
    ("number", "sentence"),
    [(errno.EACCES, "may not write"), (errno.EROFS, "may not write"), (errno.EIO, "has failed")],
)
def test_a_disk_that_refuses_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, sentence: str
) -> None:
    store = CorrectionStore(tmp_path / "kept")

    def refuse(path: Path, *_: Any, **__: Any) -> None:
        raise OSError(number, os.strerror(number), str(path))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(CorrectionError, match=sentence) as error:
            add(store, 0)
    assert is_one_sentence(error, tmp_path)
    add(store, 0)
    assert labels(tmp_path) == ["7"]


def test_half_a_line_that_a_loss_of_power_left_is_not_read(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path)
    picture = np.full((40, 40, 3), 255, np.uint8)
    picture[5:35, 18:22] = 0
    store.add(picture, "1", prediction=PREDICTION, model=MODEL)
    with (tmp_path / store.run / METADATA_FILE).open("ab") as file:
        file.write(b'{"file_name": "a.p')
    (images, read), _ = read_corrections(tmp_path)
    assert len(images) == 1
    assert read.tolist() == [1]


def test_metadata_may_be_edited_by_hand(tmp_path: Path) -> None:
    store = CorrectionStore(tmp_path)
    first, second, _ = (add(store, 9 * shade, str(shade)) for shade in (1, 2, 3))
    metadata = tmp_path / store.run / METADATA_FILE
    lines = metadata.read_text().splitlines()
    metadata.write_text(f"{lines[0]}\n\n{lines[2]}")  # no line feed at the end
    (tmp_path / second["stored"]).unlink()
    add(store, 36, "4")
    store.remove(first["id"])
    assert labels(tmp_path) == ["3", "4"]
    edited = metadata.read_text()
    for note in ("somebody's note", '{"label": ' + 100_000 * "["):
        for end in ("\n", '\n{"file_name": "half of a line'):
            metadata.write_text(edited + note + end)
            with pytest.raises(DataError, match=r"Line 3 of .* is no correction"):
                read_corrections(tmp_path)
    metadata.write_text(edited + 100_000 * "[")  # taken for half of a line; no other has ink
    with pytest.raises(DataError, match="no corrections in"):
        read_corrections(tmp_path)


def test_a_folder_named_like_a_data_set_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data" / "corrections").mkdir(parents=True)
    assert locate_dataset("data/corrections") == Path("data/corrections")
    for name in ("data/corrections@main", "user/corrections"):
        assert str(locate_dataset(name)) == name
        assert isinstance(locate_dataset(name), HubName)


def test_it_can_be_withdrawn_after_a_restart(tmp_path: Path) -> None:
    before, after = CorrectionStore(tmp_path), CorrectionStore(tmp_path)
    add(before, 1, "1")
    receipt = add(before, 2, "2")
    with pytest.raises(CorrectionError, match="please try again later"):
        after.remove(receipt["id"])  # the other process is still there
    before.release()
    with (tmp_path / before.run / METADATA_FILE).open("a") as metadata:
        metadata.write('{"file_name": ')  # a loss of power cut it short
    assert add(after, 2, "2")["id"] == receipt["id"]  # given once more
    after.remove(receipt["id"])
    assert labels(tmp_path) == ["1"]
    assert not list(tmp_path.rglob(f"{receipt['id']}.png"))
    with pytest.raises(CorrectionError, match="isn't here any more"):
        after.remove(receipt["id"])


def test_what_a_kill_left_without_its_line_is_withdrawn_with_what_was_sent_again(
    tmp_path: Path,
) -> None:
    before, after = CorrectionStore(tmp_path), CorrectionStore(tmp_path)
    receipt = add(before, 1, "1")
    before.release()
    (tmp_path / before.run / METADATA_FILE).unlink()
    assert add(after, 1, "1")["id"] == receipt["id"]
    after.remove(receipt["id"])
    assert labels(tmp_path) == []
    assert not list(tmp_path.rglob("*.png"))


def test_a_withdrawn_correction_leaves_nothing(tmp_path: Path) -> None:
    bounds = CorrectionLimits(run_bytes=900)  # enough for two
    store = CorrectionStore(tmp_path, limits=bounds)
    add(store, 1, "1")
    receipt = add(store, 2, "2")
    with pytest.raises(CorrectionError):
        add(store, 3, "3")
    store.remove(receipt["id"])
    assert labels(tmp_path) == ["1"]
    assert not (tmp_path / receipt["stored"]).exists()
    assert add(store, 2, "2") == receipt  # there is room again
    for unknown in (receipt["id"][::-1], "../../etc/passwd", ""):
        with pytest.raises(CorrectionError, match=r"^This correction isn't here any more\.$"):
            store.remove(unknown)
    shutil.rmtree(tmp_path)
    with pytest.raises(CorrectionError):
        store.remove(receipt["id"])
