"""How PyTorch and other large libraries are imported."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_imports() -> Iterator[None]:
    """Imports in the block take two thirds of the time: PyTorch's is seconds.

    Garbage collection is off, since it finds nothing among what is imported. What is there in the
    end is frozen: no later collection looks at it, nor does the end of the process, for a second.
    Where PyTorch is there already, nothing changes.
    """
    if "torch" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
