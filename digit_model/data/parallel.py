"""One function on many pictures, on all cores."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context, resource_tracker
from typing import TypeVar

import cv2
import numpy as np
from tqdm import tqdm

Item = TypeVar("Item")

MIN_ITEMS = 512  # for fewer, starting processes takes longer than it saves
CHUNK = 32  # items that a process takes at once


def map_parallel(
    task: Callable[[Item], np.ndarray], items: Sequence[Item], *, title: str
) -> np.ndarray:
    """``np.stack([task(item) for item in items])`` on all cores, in order, with a progress bar.

    Without items, uint8 (0, 28, 28).
    """
    if not len(items):
        return np.empty((0, 28, 28), np.uint8)
    if len(items) < MIN_ITEMS:
        return np.stack([task(item) for item in tqdm(items, desc=title, leave=False, disable=None)])
    results: Iterable[np.ndarray] = _results(task, items)
    results = tqdm(results, total=len(items), desc=title, unit="digit", leave=False, disable=None)
    stacked = np.empty(0)
    for number, result in enumerate(results):
        if not number:
            stacked = np.empty((len(items), *result.shape), result.dtype)
        stacked[number] = result  # into its place: the ink's pictures have 4 GB
    return stacked


def _results(task: Callable[[Item], np.ndarray], items: Sequence[Item]) -> Iterator[np.ndarray]:
    """Of all items, in order.

    The pool's own map cancels what an interruption leaves. Where that has also ended a process of
    the pool, as SIGTERM to a whole group does, the pool's thread then dies, and Python's exit waits
    for ever. What the pool itself cancels does no harm.
    """
    pool = _process_pool()
    try:
        with _deaf_to_ctrl_c():
            starts = range(0, len(items), CHUNK)
            waiting = deque(pool.submit(_draw, task, items[at : at + CHUNK]) for at in starts)
        while waiting:
            yield from waiting.popleft().result()
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        _process_pool.cache_clear()
        raise


def _draw(task: Callable[[Item], np.ndarray], items: Sequence[Item]) -> list[np.ndarray]:
    return [task(item) for item in items]


@contextlib.contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that start within are: else each would print where it was. This one ends them.

    It hears of a Ctrl-C meanwhile afterwards.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # before: it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@cache
def _process_pool() -> ProcessPoolExecutor:
    """One pool for the whole run, because each process takes seconds to import its libraries."""
    context = get_context("spawn")  # forking a process in which torch has threads can hang
    trainings = int(os.environ.get("LOCAL_WORLD_SIZE", 1))  # on this machine, each with a pool
    workers = max(1, (os.cpu_count() or 1) // trainings)
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_process)


def _start_process() -> None:
    """One thread per process that draws: more of them would wait for each other."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"  # torch reads it when it is imported, …
    if torch := sys.modules.get("torch"):  # … unless the main module did so, which comes first
        torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _end_with_parent() -> None:
    """Else a process without work would outlive the one that started it, if that was killed."""
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(1)
