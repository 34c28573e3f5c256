"""Warnings that nobody is to see, in programs with threads, too."""

import contextlib
import threading
import warnings
from collections.abc import Iterator

_lock = threading.Lock()
_inside = 0  # how many threads are in the block
_before: warnings.catch_warnings | None = None


@contextlib.contextmanager
def without_warnings() -> Iterator[None]:
    """No warnings in the block.

    ``warnings.catch_warnings`` alone puts back what it has found, and the filters are the whole
    program's: of two threads, the second finds those of the first, and leaves them.
    """
    global _inside, _before
    with _lock:
        if _inside == 0:
            _before = warnings.catch_warnings()
            _before.__enter__()
            warnings.simplefilter("ignore")
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if _inside == 0 and _before is not None:
                _before.__exit__(None, None, None)
