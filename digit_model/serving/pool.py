"""A worker: a process with the recogniser, started anew when it dies or takes too long.

One that dies takes nothing with it but its own job, which is tried once more unless it was to
blame.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from digit_model.model_folder import ModelError
from digit_model.serving import worker
from digit_model.serving.process import JobProcess, ProcessEndedError
from digit_model.serving.worker import ModelInfo

Result = TypeVar("Result")

GRACE_SECONDS = 0.5  # for a job whose caller has left; what takes longer ends with its process
# By which a process ends that was not killed by others: at its limit of processor time, or because
# a decoder has failed.
OWN_SIGNALS = frozenset(
    getattr(signal, name)
    for name in ("SIGPROF", "SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL")
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
        self._start()

    def wait_until_loaded(self) -> ModelInfo:
        """Block until the process has loaded the weights.

        Raises:
            ModelError: they can't be loaded.
        """
        try:
            info = self._loading.result()
        except ProcessEndedError as error:
            raise ModelError(
                "A process ended while it loaded the weights; there may be too little memory."
            ) from error
        # A process in its place takes the same weights: a repository may have others by then.
        self._arguments = (str(info.folder), self._arguments[1])
        return info

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
            current = self._current
            try:
                await self._loaded()
                if self._stopped:
                    raise GivenUpError("The server is being stopped.")
                submitted = current.submit(worker.bounded, job, *arguments)
                return await self._finished(submitted, current, timeout_seconds)
            except ProcessEndedError as ended:
                self._replace(current)
                if ended.signal in OWN_SIGNALS:
                    break
            except ModelError as error:  # the weights have gone since the first start, or memory
                self._replace(current)  # perhaps they are back for the next caller
                raise GivenUpError(f"The recogniser can't be started again: {error}") from error
            except TimeoutError:
                self._replace(current)
                raise GivenUpError(
                    f"The picture was given up: it took more than {timeout_seconds:g} seconds."
                ) from None
        raise GivenUpError("The picture was given up: it took more than this machine can give.")

    async def _finished(
        self, submitted: Future[Result], current: JobProcess, timeout_seconds: float
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
                    self._replace(current)
            raise

    def is_alive(self) -> bool:
        """Whether the process is there, and has loaded the weights."""
        loaded = self._loading.done() and self._loading.exception() is None
        return loaded and not self._current.has_ended()

    def revive(self) -> None:
        """Start another process if this one has ended or couldn't load; the next job would, too."""
        has_failed = self._loading.done() and self._loading.exception() is not None
        if has_failed or self._current.has_ended():
            self._replace(self._current)

    def pid(self) -> int | None:
        """The process's id; None until it has begun."""
        return self._current.pid

    def stop(self) -> None:
        """End the process; the job that it does is lost."""
        self._stopped = True
        self._current.kill(wait=True)

    def _start(self) -> None:
        self._current = JobProcess()
        self._loading: Future[ModelInfo] = self._current.submit(worker.load, *self._arguments)

    async def _loaded(self) -> None:
        """Wait for the weights; a caller who leaves meanwhile doesn't stop their loading.

        Raises:
            ModelError, ProcessEndedError: they couldn't be loaded.
        """
        try:
            await asyncio.shield(asyncio.wrap_future(self._loading))
        except (ModelError, ProcessEndedError):
            raise
        except Exception as error:
            raise ModelError(f"it failed with {type(error).__name__}.") from error

    def _replace(self, ended: JobProcess) -> None:
        """Start a process in the place of one that has ended or is to, unless somebody has."""
        if self._current is ended and not self._stopped:
            ended.kill(wait=False)
            self.restarts += 1
            logger.warning("A worker process has ended; another one is started.")
            self._start()


def _ignore(done: asyncio.Future[Any]) -> None:
    """Take an error for which perhaps nobody waits any more."""
    if not done.cancelled():
        done.exception()
