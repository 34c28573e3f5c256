"""One process that does jobs, and the thread that talks to it.

A :class:`~concurrent.futures.ProcessPoolExecutor` of one process would do, but for one thing: it
keeps the writing end of its process's answers open itself. If the process is killed in the middle
of an answer, its thread waits for the rest for ever.
"""

from __future__ import annotations

import atexit
import contextlib
import multiprocessing
import multiprocessing.forkserver
import multiprocessing.resource_tracker
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import ForkingPickler
from typing import Any, TypeVar

Result = TypeVar("Result")

PRELOADED = ["digit_model.serving.preload"]  # before a process forks
EXIT_SECONDS = 5.0  # to wait for the exit code of a process that has closed its connection
# Whoever starts a process makes multiprocessing read the exit codes of all others, without a lock:
# of two threads that read the same one the second gets 255.
_exit_codes = threading.Lock()


class ProcessEndedError(Exception):
    """The process has ended before it had answered.

    Attributes:
        signal: the number of the signal that ended it, if one did.
    """

    def __init__(self, message: str, signal: int | None = None) -> None:
        super().__init__(message)
        self.signal = signal


class JobProcess:
    """Does jobs one after the other.

    Processes are forked from one that has imported torch and done nothing else: they share its
    memory, and a new one starts without delay.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="job-process")
        self._begun = self._thread.submit(_begin, _context())

    def submit(self, job: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Call a function of a module in the process; arguments and result are pickled.

        The future raises what the function raises, or ProcessEndedError.

        Raises:
            ProcessEndedError: it was killed before.
        """
        try:
            return self._thread.submit(self._ask, job, arguments)
        except RuntimeError as error:
            raise ProcessEndedError("The process was killed.") from error

    @property
    def pid(self) -> int | None:
        """The process's id; None until it has begun, or if it couldn't."""
        begun = self._begun.done() and self._begun.exception() is None
        return self._begun.result()[0].pid if begun else None

    def has_ended(self) -> bool:
        """Whether the process had begun and is there no more."""
        return self.pid is not None and bool(wait([self._begun.result()[0].sentinel], timeout=0))

    def kill(self, *, wait: bool) -> None:
        """End the process, with the job that it does.

        Args:
            wait: until its thread has ended, too.
        """
        # It couldn't begin, or was killed before.
        with contextlib.suppress(EOFError, OSError, RuntimeError):
            process, connection = self._begun.result()
            process.kill()
            self._thread.submit(_close, connection)
        self._thread.shutdown(wait=wait)

    def _ask(self, job: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        try:
            process, connection = self._begun.result()
        except (EOFError, OSError) as error:
            raise ProcessEndedError("The process couldn't begin.") from error
        try:
            connection.send((job, arguments))
            failed, result = connection.recv()
        except (EOFError, OSError) as error:
            raise ProcessEndedError("The process has ended.", _ending_signal(process)) from error
        if failed:
            raise result
        return result


def _begin(context: Any) -> tuple[BaseProcess, Connection]:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    with _exit_codes:
        process.start()
    theirs.close()  # so that the process's death is the end of the connection
    # Python's exit waits for its processes, and these ignore SIGTERM: this ends them before.
    atexit.register(ours.close)
    return process, ours


def _ending_signal(process: BaseProcess) -> int | None:
    wait([process.sentinel], EXIT_SECONDS)
    with _exit_codes:
        code = process.exitcode
    return -code if code is not None and code < 0 else None


def _close(connection: Connection) -> None:
    atexit.unregister(connection.close)
    connection.close()


def _serve(connection: Connection) -> None:
    """Do jobs until the other end of the connection is closed."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            job, arguments = connection.recv()
            try:
                answer = ForkingPickler.dumps((False, job(*arguments)))
            except Exception as error:
                error.add_note(f"In a worker process:\n{traceback.format_exc()}")
                answer = ForkingPickler.dumps((True, error))
            connection.send_bytes(answer)


def _context() -> Any:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    with _importing_alike(), _holding_interrupts():
        multiprocessing.forkserver.ensure_running()  # its folder lies where temporary files go now
    return context


@contextlib.contextmanager
def _holding_interrupts() -> Iterator[None]:
    """Ctrl-C waits until the end. A process that is started within leaves it to this one, and so do
    those that it forks: they inherit that it waits, without an end.
    """
    # Python 3.11 lets Ctrl-C through when it starts this one, which ignores it.
    multiprocessing.resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _importing_alike() -> Iterator[None]:
    """A process that is started within finds the same modules, wherever this one was started.

    Python 3.11 leaves ``sys.path`` out when it starts the one that forks, which then imports
    nothing and says nothing: each worker would import torch by itself, and have it in memory.
    """
    name = "PYTHONPATH"
    before = os.environ.get(name)
    os.environ[name] = os.pathsep.join(sys.path)
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
