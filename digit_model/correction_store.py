"""Pictures that people have corrected and agreed to share, kept as a data set.

Each process writes to a folder of its own, which `datasets.load_dataset("imagefolder")` reads::

    FOLDER/<run>/<id>.png         # the picture alone: no EXIF, no place, no camera
    FOLDER/<run>/metadata.jsonl   # one line a picture: its label, and what the model had said

A line follows only once its picture is in place, so whatever ends the process, each line has one.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from digit_model.files import atomic_path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from digit_model.prediction import Prediction

NOT_A_DIGIT = "not a digit"
LABELS = (*"0123456789", NOT_A_DIGIT)
METADATA_FILE = "metadata.jsonl"
LOCK_FILE = ".lock"


class CorrectionStore:
    """Keeps corrections on disk; safe to share between threads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.run = uuid.uuid4().hex  # no two processes or replicas ever write to the same file
        self.lock = threading.Lock()  # held while a picture and its line are being written
        self._lock_file: BinaryIO | None = None

    def add(
        self,
        picture: np.ndarray,
        label: str,
        *,
        prediction: Prediction,
        model: dict[str, str | None],
    ) -> dict[str, str]:
        """Keep one picture with the label a person gave it.

        Args:
            picture: upright, uint8 RGB (h, w, 3), no larger than the recogniser needs; stored as
                PNG, so that nothing is kept of what else its file said.
            label: "0" … "9" or "not a digit".
            prediction: what the recogniser had said of it.
            model: id, revision and sha256 of that recogniser.

        Returns:
            A receipt: "id", "label", and "stored", the picture's name in the data set.

        Raises:
            ValueError: there is no such label.
            OSError: it can't be written, for one because the disk is full.
        """
        if label not in LABELS:
            raise ValueError(f"A label is a digit from 0 to 9 or {NOT_A_DIGIT!r}, not {label!r}.")
        content = _as_png(picture)
        receipt = uuid.uuid4().hex
        # No value is ever null: a column that is null in one file and text in the next has two
        # types, and the files can't be read as one data set.
        row: dict[str, str | float] = {
            "file_name": f"{receipt}.png",
            "label": label,
            "verdict": prediction.verdict,
            "predicted_label": prediction.label or "",
            "confidence": float(prediction.confidence),
            "digit_score": float(prediction.digit_score),
            **{f"model_{key}": model.get(key) or "" for key in ("id", "revision", "sha256")},
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        with self.lock:
            folder = self._open()
            with atomic_path(folder / f"{receipt}.png") as partial:
                _write(partial, content)
            _append(folder / METADATA_FILE, (json.dumps(row) + "\n").encode())
        return {"id": receipt, "label": label, "stored": f"{self.run}/{receipt}.png"}

    def release(self) -> None:
        """Leave the folder to whoever sends what is in it; a further correction takes it again."""
        with self.lock:
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    def _open(self) -> Path:
        folder = self.folder / self.run
        if self._lock_file is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = lock_folder(folder)
        return folder


def lock_folder(folder: Path) -> BinaryIO | None:
    """Lock a process's folder until this process ends or closes the file; None if it is locked."""
    file = (folder / LOCK_FILE).open("ab")
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


def _as_png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _append(path: Path, line: bytes) -> None:
    """Append a line whole; after a failure, such as a full disk, the file is as it was before."""
    with path.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            if file.write(line) != len(line):
                raise OSError(f"{path} can't be written: the disk may be full.")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise
