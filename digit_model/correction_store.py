"""Pictures that people have corrected and agreed to share, stored as a data set.

Each process writes to its own folder, which `datasets.load_dataset("imagefolder")` reads::

    FOLDER/<run>/<id>.png         # pixels only: no EXIF, so no location and no camera
    FOLDER/<run>/metadata.jsonl   # one line per picture: its label and the model's prediction

A line is written after its picture, so every line has a picture even if the process is killed or
the power fails. Folders may be deleted at any time: the next correction creates its own again.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import logging
import os
import re
import reprlib
import stat
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from PIL import Image

from digit_model.files import DISK_IS_FULL, is_locked_by, lock_folder, sync_folder, write_durably

if TYPE_CHECKING:
    from digit_model.prediction import Prediction

NOT_A_DIGIT = "not a digit"
CORRECTION_LABELS = (*"0123456789", NOT_A_DIGIT)
METADATA_FILE = "metadata.jsonl"
DAY_SECONDS = 86_400.0
COUNT_SECONDS = 60.0  # between two looks at how much others have stored
CORRECTION_ID = re.compile("[0-9a-f]{32}")
GONE = "This correction isn't here any more."
SENT = "It isn't here any more: ask the owner of the data set on the Hub, who needs the receipt."
FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}

logger = logging.getLogger(__name__)


class CorrectionError(OSError):
    """A correction that was not kept. ``str(error)`` is one sentence, without the disk's paths."""


@dataclass(frozen=True)
class CorrectionLimits:
    """How much is kept.

    Attributes:
        sender: corrections of one sender in a day.
        run_bytes: of this process.
        all_bytes: of all processes that write to the folder.
    """

    sender: int = 200
    run_bytes: int = 500_000_000
    all_bytes: int = 2_000_000_000


class CorrectionStore:
    """Stores corrections on disk; safe to share between threads.

    Attributes:
        repo_id: the data set on the Hub to which they are then uploaded; None if they stay here.
    """

    def __init__(
        self,
        folder: Path,
        *,
        repo_id: str | None = None,
        limits: CorrectionLimits | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` tells seconds, and doesn't jump."""
        self.folder, self.repo_id = folder, repo_id
        self.limits = limits or CorrectionLimits()
        self.run = uuid.uuid4().hex  # unique, so no two processes or replicas share a file
        self.lock = threading.Lock()  # held while a picture and its line are written
        self._lock_file: BinaryIO | None = None
        self._run_bytes = self._all_bytes = 0
        self._kept: dict[str, dict[str, str]] = {}  # receipts by id, of this run
        self._sent: Counter[str] = Counter()  # corrections by sender, since the day began
        self._clock = clock
        self._day_began = clock()
        self._counted_at = -COUNT_SECONDS + self._day_began

    def add(
        self,
        picture: np.ndarray,
        label: str,
        *,
        prediction: Prediction,
        model: dict[str, str | None],
        sender: str = "",
    ) -> dict[str, str]:
        """Store one picture with the label that a person gave it, unless this run has both.

        Args:
            picture: upright, uint8 RGB (h, w, 3), no larger than the recogniser needs; stored as
                PNG without the metadata of the original file.
            label: "0" … "9" or "not a digit".
            prediction: the recogniser's prediction for this picture.
            model: id, revision and sha256 of that recogniser.
            sender: who is limited to so many a day; only counted, in memory.

        Returns:
            A receipt: "id", "label", and "stored", the picture's path in the data set. What it says
            is on the disk.

        Raises:
            ValueError: there is no such label.
            CorrectionError: a limit is reached, or it can't be written, for example because the
                disk is full.
        """
        if label not in CORRECTION_LABELS:
            shown = reprlib.repr(label)  # of a text of a megabyte, its ends
            raise ValueError(f"A label is a digit from 0 to 9 or {NOT_A_DIGIT!r}, not {shown}.")
        content = _encode_png(picture)
        correction_id = hashlib.sha256(label.encode() + content).hexdigest()[:32]
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
        line = (json.dumps(row) + "\n").encode()
        with self.lock:
            try:
                folder = self._open_folder()
                if correction_id in self._kept and (folder / f"{correction_id}.png").is_file():
                    return self._kept[correction_id]
                self._check_limits(sender, len(content) + len(line))
                try:
                    _store(folder, f"{correction_id}.png", content, line)
                except FileNotFoundError:  # somebody is deleting the folder
                    _store(self._open_folder(), f"{correction_id}.png", content, line)
            except CorrectionError:
                raise
            except OSError as error:
                logger.warning("A correction was not kept: %s", error.strerror)
                raise CorrectionError(_sentence(error)) from error
            self._sent[sender] += 1
            self._run_bytes += len(content) + len(line)
            self._all_bytes += len(content) + len(line)
            stored = f"{self.run}/{correction_id}.png"
            receipt = {"id": correction_id, "label": label, "stored": stored}
            self._kept[correction_id] = receipt
            return receipt

    def remove(self, correction_id: str) -> None:
        """Delete a correction of this run, or of one that has ended, its picture and its line; from
        the Hub with the next upload, if it is there.

        Raises:
            CorrectionError: it isn't there any more, or the disk refuses.
        """
        with self.lock:
            try:
                size = self._delete_everywhere(correction_id)
            except CorrectionError:
                raise
            except FileNotFoundError as error:
                raise CorrectionError(GONE if self.repo_id is None else SENT) from error
            except OSError as error:
                logger.warning("A correction was not deleted: %s", error.strerror)
                raise CorrectionError("It was not deleted: the server's disk refuses.") from error
            self._all_bytes -= size

    def _delete_everywhere(self, correction_id: str) -> int:
        """Delete it from each folder that has it; the bytes. It may have been sent to two runs.

        Raises FileNotFoundError if none has it.
        """
        pictures = []
        if CORRECTION_ID.fullmatch(correction_id):
            pictures = sorted(self.folder.glob(f"*/{correction_id}.png"))
        if not pictures:
            raise FileNotFoundError
        deleted = 0
        for picture in pictures:
            if self._lock_file is not None and is_locked_by(self._lock_file, picture.parent):
                size = _delete(picture)
                self._kept.pop(correction_id, None)
                self._run_bytes -= size
            else:
                lock = lock_folder(picture.parent)
                if lock is None:
                    raise CorrectionError("It is in use just now: please try again later.")
                with lock:
                    size = _delete(picture)
            deleted += size
        return deleted

    def release(self) -> None:
        """Unlock the folder so that its corrections can be uploaded; :meth:`add` locks it again."""
        with self.lock:
            if self._lock_file is not None:
                self._lock_file.close()
                self._lock_file = None

    def _open_folder(self) -> Path:
        """The run's folder, locked; a new one if somebody has deleted it or taken it over."""
        folder = self.folder / self.run
        if self._lock_file is not None and is_locked_by(self._lock_file, folder):
            return folder
        if self._lock_file is not None:
            self._lock_file.close()
        if not self.folder.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            sync_folder(self.folder.parent)
        folder.mkdir(exist_ok=True)
        self._lock_file = lock_folder(folder)
        while self._lock_file is None:
            self.run = uuid.uuid4().hex
            folder = self.folder / self.run
            folder.mkdir()
            self._lock_file = lock_folder(folder)
        sync_folder(self.folder)
        if not (folder / METADATA_FILE).exists():
            self._kept.clear()
            self._run_bytes = 0
            self._counted_at = self._clock() - COUNT_SECONDS
        return folder

    def _check_limits(self, sender: str, size: int) -> None:
        now = self._clock()
        if now - self._day_began >= DAY_SECONDS:
            self._day_began = now
            self._sent.clear()
        if self._sent[sender] >= self.limits.sender:
            raise CorrectionError("Nothing was kept: that's enough corrections for a day, thanks.")
        if now - self._counted_at >= COUNT_SECONDS:
            self._counted_at = now
            self._all_bytes = _size_of(self.folder)
        if (
            self._run_bytes + size > self.limits.run_bytes
            or self._all_bytes + size > self.limits.all_bytes
        ):
            raise CorrectionError("Nothing was kept: there is no room for more corrections.")


def _store(folder: Path, name: str, content: bytes, line: bytes) -> None:
    """A picture, then its line, both on the disk when this returns."""
    write_durably(folder / name, content)
    metadata = folder / METADATA_FILE
    is_new = not metadata.exists()
    try:
        _append(metadata, line)
    except OSError:
        (folder / name).unlink(missing_ok=True)
        raise
    if is_new:
        sync_folder(folder)


def _delete(picture: Path) -> int:
    """A picture and its line; the bytes of both."""
    metadata = picture.with_name(METADATA_FILE)
    # A process that is killed between the two leaves a picture without a line.
    content = metadata.read_bytes() if metadata.exists() else b""
    kept = [line for line in metadata_lines(content) if file_name_in(line) != picture.name]
    size = picture.stat().st_size
    if content:
        write_durably(metadata, b"".join(kept))
    picture.unlink()
    return size + len(content) - sum(map(len, kept))


def metadata_lines(content: bytes) -> list[bytes]:
    """Those of a metadata file, each with its line feed.

    Whoever has edited it by hand may have left empty lines, and none after the last one; a loss of
    power may have left the half of one there, which is none.
    """
    lines = [line + b"\n" for line in content.split(b"\n") if line.strip()]
    if lines and not content.endswith(b"\n") and not file_name_in(lines[-1]):
        lines.pop()
    return lines


def file_name_in(line: bytes) -> str:
    """The picture that a line of a metadata file is about; "" if it is no correction's."""
    try:
        return str(json.loads(line)["file_name"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def _size_of(folder: Path) -> int:
    """Of all files in it, bytes; some may be deleted meanwhile."""
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            state = path.lstat()
            total += state.st_size if stat.S_ISREG(state.st_mode) else 0
    return total


def _sentence(error: OSError) -> str:
    if error.errno in DISK_IS_FULL:
        return "Nothing was kept: the server's disk is full."
    if error.errno in FORBIDDEN:
        return "Nothing was kept: the server may not write to its folder for corrections."
    return "Nothing was kept: the server's disk has failed."


def _encode_png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def _append(path: Path, line: bytes) -> None:
    """Append the whole line or nothing: after a failure, the file is truncated to its old size."""
    with path.open("a+b", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(size - 1)
            line = line if file.read(1) == b"\n" else b"\n" + line  # an editor left it out
        try:
            if file.write(line) != len(line):
                raise OSError(errno.ENOSPC, "only a part could be written", str(path))
            os.fsync(file.fileno())
        except OSError:
            file.truncate(size)
            raise
