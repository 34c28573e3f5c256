"""Files that are written whole or not at all, and folders that one process has to itself."""

from __future__ import annotations

import errno
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

LOCK_FILE = ".lock"
LOCKED = {errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK}  # by another process
DISK_IS_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # and what counts as such


def describe(error: Exception) -> str:
    """In a printable line; the system's errors without their number: "weights: File exists."."""
    if not isinstance(error, OSError) or not error.strerror:
        return printable(str(error))
    name = f"{error.filename}: " if error.filename else ""
    return printable(f"{name}{error.strerror}.")


def printable(text: str) -> str:
    """In one line that only shows itself: a file's name may have line feeds in it, what turns text
    around, and what a terminal obeys. These become what they are in Python's source.
    """
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in text)


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; on success it replaces ``path``.

    After an error, which names ``path``, the temporary file is deleted and ``path`` is unchanged.
    Each caller has its own temporary file: threads, and machines that share the disk, may write the
    same path at once.
    """
    partial = path.with_name(f"{path.name}.{secrets.token_hex(6)}.partial")
    try:
        yield partial
        partial.replace(path)
    except OSError as error:
        is_unnamed = error.filename is None and error.errno is not None  # as of a full disk
        if is_unnamed or str(error.filename) == str(partial):
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    with atomic_path(path) as partial:
        partial.write_bytes(content)


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write several files, or none of them if one can't be written. The first is in place last.

    They take their places one after the other: whoever kills the process in between leaves some new
    and some old ones.
    """
    for path in contents:
        if path.is_dir():  # found before the others have their places
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with ExitStack() as stack:
        for path, content in contents.items():
            stack.enter_context(atomic_path(path)).write_bytes(content)


def check_writable(folder: Path, size: int = 0) -> None:
    """Raise OSError, which names the folder, if no file of so many bytes can be written in it."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(size))
    except OSError as error:
        error.filename = str(folder)
        raise


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; once written, it outlives a loss of power."""
    with atomic_path(path) as partial, partial.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the disk remember which files the folder holds."""
    if sys.platform == "win32":
        return  # a folder can't be opened there
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def lock_folder(folder: Path) -> BinaryIO | None:
    """Lock a folder until the process ends or closes the returned file; None if already locked.

    Raises:
        OSError: the folder isn't there or can't be written to, or its file system has no locks.
    """
    file = (folder / LOCK_FILE).open("ab")
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        if error.errno in LOCKED:
            return None
        raise
    return file


@contextmanager
def sole_use(folder: Path) -> Iterator[bool]:
    """Lock a folder as long as the context lasts. Yields whether nobody else has locked it.

    Where the file system has no locks, nobody counts as having done so.
    """
    with ExitStack() as stack:
        is_ours = True
        with suppress(OSError):
            lock = lock_folder(folder)
            is_ours = lock is not None
            if lock is not None:
                stack.enter_context(lock)
        yield is_ours


def is_locked_by(file: BinaryIO, folder: Path) -> bool:
    """Whether that lock still is the folder's: it is not if somebody has deleted the folder."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), (folder / LOCK_FILE).stat())
    except OSError:
        return False
