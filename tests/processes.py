"""Processes: those that a test has started, and limits of its own."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

Result = TypeVar("Result")


def run_async(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """`asyncio.run` in a thread of its own: Playwright's loop may be running in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def descendants(pid: int) -> list[int]:
    """Ids of a process's children, and of theirs."""
    found: list[int] = []
    threads: list[Path] = []
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    for thread in threads:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # this one has
            for child in (thread / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def wait_for_end(pids: list[int]) -> None:
    """Of workers whose server has ended. One may have ended and still wait for its exit code to
    be read, which is for init to do and not for a test.
    """
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):
        assert time.monotonic() < deadline, "a worker goes on without its server"
        time.sleep(0.05)


def resident_mb(*pids: int) -> float:
    """Of these processes; pages they share count for each."""
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(status.split("VmRSS:")[1].split()[0]) for status in statuses) / 1024


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses what goes beyond it, after it has taken a part, as a full disk does."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
