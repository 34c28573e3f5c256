"""The folder for uploads: of this process alone, swept by age, bounded in size, gone at the end.

Gradio writes uploads, and pictures that it draws, to GRADIO_TEMP_DIR; other parts of the process
write to the system's folder for temporary files. Here both are one folder, which this process has
locked. What is in a folder that nobody has locked was left by a process that was killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from digit_model.files import LOCK_FILE, is_locked_by, lock_folder

PREFIX = "digit-uploads-"
SWEEP_SECONDS = 60.0
FRESH_SECONDS = 300.0  # how long a file is safe from those who need its place
ROOM_SECONDS = 2.0  # between two searches for room
MIN_BYTES = 4096  # that a file takes on a disk


class Seen(NamedTuple):
    """A file as it was found; whatever has been written since makes it another one."""

    version: tuple[int, int]  # inode and time of the last change
    at: float  # when it was first found, by the clock
    size: int  # bytes


class UploadFolder:
    """Deletes what is old. Safe to share between threads.

    Ages are counted from when a file was first found, so a jump of the system's clock deletes
    nothing early and keeps nothing for longer.
    """

    def __init__(
        self,
        path: Path,
        *,
        max_bytes: int,
        max_age_seconds: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``clock`` tells seconds."""
        self.path = path
        self._max_bytes, self._max_age_seconds, self._clock = max_bytes, max_age_seconds, clock
        self._page_files: set[Path] = set()
        self._seen: dict[Path, Seen] = {}
        self._used = 0  # bytes, those of uploads since the last look included
        self._last_search = -ROOM_SECONDS
        self._lock = threading.Lock()  # held while files are looked for, which may take seconds
        self._used_lock = threading.Lock()  # held for a moment: uploads count what comes

    def keep_present(self) -> None:
        """What is there now belongs to the page, such as icons, and is never deleted."""
        self._page_files = {path for path in self.path.rglob("*") if path.is_file()}

    def sweep(self) -> None:
        """Delete files and empty folders of that age.

        An unfinished upload that has got nothing for :data:`FRESH_SECONDS` goes, too.
        """
        with self._lock:
            self._look()
            now = self._clock()
            for path, seen in list(self._seen.items()):
                unfinished = path.parent == self.path and path.is_file()
                if now - seen.at >= (FRESH_SECONDS if unfinished else self._max_age_seconds):
                    self._delete(path)

    def make_room(self, size: int) -> bool:
        """Whether so many bytes may come.

        If it takes that, old files are deleted, the oldest first, but none that is fresh.
        """
        if self._used + size > self._max_bytes:
            with self._lock:
                self._search_room(size)
        return self._used + size <= self._max_bytes

    def take(self, size: int) -> bool:
        """So many bytes have come; whether there was room for them. Waits for no look at files."""
        with self._used_lock:
            self._used += size
            return self._used <= self._max_bytes

    def _search_room(self, size: int) -> None:
        now = self._clock()
        if now - self._last_search < ROOM_SECONDS:
            return
        self._last_search = now
        self._look()
        for path, seen in sorted(self._seen.items(), key=lambda item: item[1].at):
            if self._used + size <= self._max_bytes or now - seen.at < FRESH_SECONDS:
                return
            self._delete(path)

    def _look(self) -> None:
        """Bring :attr:`_seen` and :attr:`_used` up to date."""
        now, found, before_look = self._clock(), {}, self._used
        for path in self.path.rglob("*"):
            if path in self._page_files or path.name == LOCK_FILE:
                continue
            with contextlib.suppress(OSError):  # it has just gone
                state = path.lstat()
                version = state.st_ino, state.st_mtime_ns
                before = self._seen.get(path)
                at = before.at if before and before.version == version else now
                size = 0 if stat.S_ISDIR(state.st_mode) else max(state.st_size, MIN_BYTES)
                found[path] = Seen(version, at, size)
        self._seen = found
        with self._used_lock:
            meanwhile = self._used - before_look  # some of it may have been found, too
            self._used = sum(seen.size for seen in found.values()) + meanwhile

    def _delete(self, path: Path) -> None:
        with contextlib.suppress(OSError):  # a folder that isn't empty, or has gone by itself
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()
            with self._used_lock:
                self._used -= self._seen.pop(path).size


@contextlib.contextmanager
def open_upload_folder(*, max_mb: int, minutes: int) -> Iterator[UploadFolder]:
    """A folder below GRADIO_TEMP_DIR, or the system's folder for temporary files; then none.

    Meanwhile it is where the whole process, Gradio included, puts such files.

    Args:
        max_mb: of files, in megabytes.
        minutes: after which a file is deleted.

    Raises:
        OSError: it can't be created.
    """
    given = os.environ.get("GRADIO_TEMP_DIR")
    root = Path(given or tempfile.gettempdir()).resolve()
    root.mkdir(parents=True, exist_ok=True)
    delete_abandoned(root)
    path, lock = _create(root)
    folder = UploadFolder(path, max_bytes=max_mb * 1_000_000, max_age_seconds=60 * minutes)
    stopped = threading.Event()
    sweeper = threading.Thread(target=_sweep_until, args=(folder, stopped), daemon=True)
    default = tempfile.tempdir
    os.environ["GRADIO_TEMP_DIR"] = tempfile.tempdir = str(path)
    sweeper.start()
    try:
        yield folder
    finally:
        stopped.set()
        sweeper.join()
        _delete_folder(path, lock)
        tempfile.tempdir = default
        if given:
            os.environ["GRADIO_TEMP_DIR"] = given
        else:
            del os.environ["GRADIO_TEMP_DIR"]


def _sweep_until(folder: UploadFolder, stopped: threading.Event) -> None:
    while not stopped.wait(SWEEP_SECONDS):
        folder.sweep()


def delete_abandoned(root: Path) -> None:
    """Delete the folders of processes that have ended without doing it themselves."""
    for path in root.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            state = path.lstat()
            if stat.S_ISDIR(state.st_mode) and (os.name == "nt" or state.st_uid == os.getuid()):
                lock = lock_folder(path)
                if lock is not None:
                    _delete_folder(path, lock)


def _create(root: Path) -> tuple[Path, BinaryIO]:
    """A new folder and its lock."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=root))
        # A process that starts at this moment may take it for an abandoned one.
        with contextlib.suppress(FileNotFoundError):
            lock = lock_folder(path)
            if lock is not None and is_locked_by(lock, path):
                return path, lock


def _delete_folder(path: Path, lock: BinaryIO) -> None:
    shutil.rmtree(path, ignore_errors=True)  # while nobody else can lock it
    lock.close()
    shutil.rmtree(path, ignore_errors=True)  # Windows doesn't delete files that are open
