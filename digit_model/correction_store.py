"""Pictures that people have corrected and agreed to share, stored as a data set.

Each process writes to its own folder, which `datasets.load_dataset("imagefolder")` reads::

    FOLDER/<run>/<id>.png         # pixels only: no EXIF, so no location and no camera
    FOLDER/<run>/metadata.jsonl   # one line per picture: its label and the model's prediction

A line is written after its picture, so every line has a picture even if the process is killed.
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
CORRECTION_LABELS = (*"0123456789", NOT_A_DIGIT)
METADATA_FILE = "metadata.jsonl"
LOCK_FILE = ".lock"


class CorrectionStore:
    """Stores corrections on disk; safe to share between threads.

    Attributes:
        repo_id: the data set on the Hub to which they are then uploaded; None if they stay here.
    """

    def __init__(self, folder: Path, *, repo_id: str | None = None) -> None:
        self.folder, self.repo_id = folder, repo_id
        self.run = uuid.uuid4().hex  # unique, so no two processes or replicas share a file
        self.lock = threading.Lock()  # held while a picture and its line are written
        self._lock_file: BinaryIO | None = None

    def add(
        self,
        picture: np.ndarray,
        label: str,
        *,
        prediction: Prediction,
        model: dict[str, str | None],
    ) -> dict[str, str]:
        """Store one picture with the label that a person gave it.

        Args:
            picture: upright, uint8 RGB (h, w, 3), no larger than the recogniser needs; stored as
                PNG without the metadata of the original file.
            label: "0" … "9" or "not a digit".
            prediction: the recogniser's prediction for this picture.
            model: id, revision and sha256 of that recogniser.

        Returns:
            A receipt: "id", "label", and "stored", the picture's path in the data set.

        Raises:
            ValueError: there is no such label.
            OSError: it can't be written, for example because the disk is full.
        """
        if label not in CORRECTION_LABELS:
            raise ValueError(f"A label is a digit from 0 to 9 or {NOT_A_DIGIT!r}, not {label!r}.")
        content = _encode_png(picture)
        correction_id = uuid.uuid4().hex
        # No value is ever null: a column that is null in one file and text in another has two
        # types, and the files couldn't be loaded as one data set.
        row: dict[str, str | float] = {
            "file_name": f"{correction_id}.png",
            "label": label,
            "verdict": prediction.verdict,
            "predicted_label": prediction.label or "",
            "confidence": float(prediction.confidence),
            "digit_score": float(prediction.digit_score),
            **{f"model_{key}": model.get(key) or "" for key in ("id", "revision", "sha256")},
            "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
        with self.lock:
            folder = self._open_folder()
            with atomic_path(folder / f"{correction_id}.png") as partial:
                _write(partial, content)
            _append(folder / METADATA_FILE, (json.dumps(row) + "\n").encode())
        return {"id": correction_id, "label": label, "stored": f"{self.run}/{correction_id}.png"}

    def release(self) -> None:
        """Unlock the folder so that its corrections can be uploaded; :meth:`add` locks it again."""
        with self.lock:
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    def _open_folder(self) -> Path:
        folder = self.folder / self.run
        if self._lock_file is None:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock_file = lock_folder(folder)
        return folder


def lock_folder(folder: Path) -> BinaryIO | None:
    """Lock a folder until the process ends or closes the returned file; None if already locked."""
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


def _encode_png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _append(path: Path, line: bytes) -> None:
    """Append the whole line or nothing: after a failure, the file is truncated to its old size."""
    with path.open("ab", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        try:
            if file.write(line) != len(line):
                raise OSError(f"{path} can't be written: the disk may be full.")
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise
