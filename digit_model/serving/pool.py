"""A worker process: started, given jobs, started anew when it dies or takes too long.

It is a :class:`~concurrent.futures.ProcessPoolExecutor` of one process, so that one that dies takes
nothing with it but its own job, which is tried once more unless it was to blame. Processes are
forked from one that has imported torch and done nothing else: they share its memory, and a new one
starts without delay.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from digit_model.model_folder import ModelError
from digit_model.serving import worker
from digit_model.serving.worker import ModelInfo

Result = TypeVar("Result")

PRELOADED = ["torch", "digit_model.recognizer", "digit_model.reading"]  # before a process forks

GRACE_SECONDS = 0.5  # for a job whose caller has left; what takes longer ends with its process
# By which a process ends that was not killed by others: at its limit of processor time, or because
# a decoder has failed.
OWN_SIGNALS = frozenset(
    getattr(signal, name)
    for name in ("SIGXCPU", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
    if hasattr(signal, name)  # Windows lacks some
)

logger = logging.getLogger(__name__)


class GivenUpError(ValueError):
    """A job that took too much, or ended its process. ``str(error)`` is one sentence."""


class Worker:
    """One process with the recogniser in it; to be used from one event loop."""

    def __init__(self, model: str | None, *, niceness: int = 0) -> None:
        self._arguments = (model, niceness)
        self.restarts = 0
        self._stopped = False
        self._child: BaseProcess | None = None
        self._start()

    def wait_until_loaded(self) -> ModelInfo:
        """Block until the process has loaded the weights.

        Raises:
            ModelError: they can't be loaded.
        """
        return self._loading.result()

    async def run(
        self, job: Callable[..., Result], *arguments: Any, timeout_seconds: float
    ) -> Result:
        """Do one of the jobs of :mod:`digit_model.serving.worker` in the process.

        If the caller leaves (:class:`asyncio.CancelledError`), the job soon ends.

        Raises:
            GivenUpError: it took longer than that, or more of the processor than a job may have,
                or the process ended twice.
            Exception: what the job itself raises.
        """
        for _ in range(2):
            executor, process = self._executor, None
            try:
                await self._loaded()
                if self._stopped:
                    raise GivenUpError("The server is being stopped.")
                process = self._process()
                submitted = executor.submit(worker.bounded, job, *arguments)
                return await self._finished(submitted, executor, timeout_seconds)
            except BrokenExecutor:  # the process was killed, or ran out of memory
                self._replace(executor)
                if process is not None and await asyncio.to_thread(_is_to_blame, process):
                    break
            except ModelError as error:  # the weights have gone since the first start
                self._replace(executor)  # perhaps they are back for the next caller
                raise GivenUpError(f"The recogniser can't be started again: {error}") from error
            except TimeoutError:
                self._replace(executor)
                raise GivenUpError(
                    f"The picture was given up: it took more than {timeout_seconds:g} seconds."
                ) from None
        raise GivenUpError("The picture was given up: it took more than this machine can give.")

    async def _finished(
        self, submitted: Future[Result], executor: ProcessPoolExecutor, timeout_seconds: float
    ) -> Result:
        waiting = asyncio.wrap_future(submitted)
        waiting.add_done_callback(_ignore)
        try:
            return await asyncio.wait_for(asyncio.shield(waiting), timeout_seconds)
        except asyncio.CancelledError:
            try:
                await asyncio.wait([waiting], timeout=GRACE_SECONDS)
            finally:
                if not waiting.done():
                    self._replace(executor)
            raise

    def is_alive(self) -> bool:
        """Whether the process is there, and has loaded the weights."""
        loaded = self._loading.done() and not self._loading.cancelled()
        return loaded and self._loading.exception() is None and self._exists()

    def revive(self) -> None:
        """Start another process if this one has ended; the next job would do it, too."""
        if self.pid() is not None and not self._exists():
            self._replace(self._executor)

    def pid(self) -> int | None:
        """The process's id; None until it has begun."""
        if self._begun.done() and not self._begun.cancelled():
            with contextlib.suppress(BrokenExecutor):  # it ended before it could say
                return self._begun.result()
        return None

    def stop(self) -> None:
        """End the process; the job that it does is lost."""
        self._stopped = True
        # Its executor's thread would complain if Python ended before it.
        self._end_process(wait=True)

    def _end_process(self, *, wait: bool) -> None:
        if (pid := self.pid()) is not None:
            with contextlib.suppress(OSError):  # it has ended by itself
                os.kill(pid, signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
        self._executor.shutdown(wait=wait, cancel_futures=True)

    def _process(self) -> BaseProcess | None:
        """The process; None if it has ended before it was asked for."""
        pid = self.pid()
        if self._child is None or self._child.pid != pid:
            children = multiprocessing.active_children()
            self._child = next((child for child in children if child.pid == pid), None)
        return self._child

    def _exists(self) -> bool:
        pid = self.pid()
        if pid is None:
            return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True

    def _start(self) -> None:
        self._executor = ProcessPoolExecutor(1, mp_context=_context())
        self._begun: Future[int] = self._executor.submit(os.getpid)
        self._loading: Future[ModelInfo] = self._executor.submit(worker.load, *self._arguments)

    async def _loaded(self) -> None:
        """Wait for the weights; a caller who leaves meanwhile doesn't stop their loading."""
        await asyncio.shield(asyncio.wrap_future(self._loading))

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        """Start a process in the place of one that is broken, if nobody else has done it."""
        if self._executor is broken and not self._stopped:
            self._end_process(wait=False)
            self.restarts += 1
            logger.warning("A worker process has ended; another one is started.")
            self._start()


def _is_to_blame(process: BaseProcess) -> bool:
    """Whether a process has ended by what it was doing itself."""
    process.join(timeout=1)
    return process.exitcode is not None and -process.exitcode in OWN_SIGNALS


def _ignore(done: asyncio.Future[Any]) -> None:
    """Take an error for which perhaps nobody waits any more."""
    if not done.cancelled():
        done.exception()


def _context() -> Any:
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context
