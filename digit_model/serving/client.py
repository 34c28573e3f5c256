"""What the page calls: the recogniser in worker processes, drawings and files apart."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from digit_model.decode import MAX_PIXELS, ImageError, TooManyPixelsError
from digit_model.reading import Reading
from digit_model.serving import worker
from digit_model.serving.batching import URGENT, USUAL, Batcher
from digit_model.serving.pool import GivenUpError, Worker
from digit_model.serving.worker import Image, ModelInfo, Timed

Result = TypeVar("Result")

DRAWING_SECONDS = 10.0  # for all drawings that are read together
FILE_SECONDS = 20.0  # for one file; 64 megapixels take a few
LARGE_PIXELS = 16 * 2**20  # pictures beyond it are read one at a time, for the sake of memory
MAX_DEFAULT_WORKERS = 8  # each takes some 100 MB, and a container may show more cores than it has
FILE_NICENESS = 10  # people who draw go first on a busy core


def default_workers() -> int:
    """One for each core that this process may use, up to :data:`MAX_DEFAULT_WORKERS`."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return min(len(os.sched_getaffinity(0)), MAX_DEFAULT_WORKERS)
    return min(os.cpu_count() or 1, MAX_DEFAULT_WORKERS)


class RecognizerClient:
    """Reads pictures in other processes. Its coroutines are for one event loop.

    Drawings have workers of their own, so that nobody's pad waits for somebody else's file.

    Attributes:
        model: which weights answer; known once they are loaded.
        verdicts: how often each verdict was given so far.
    """

    model: ModelInfo

    def __init__(self, model: str | None = None, *, workers: int | None = None) -> None:
        """Start the first process; :meth:`load` waits for it.

        Args:
            model: a folder or a repository, see ``DigitRecognizer.from_pretrained``.
            workers: how many processes recognise drawings; see :func:`default_workers`.
                Half as many, and one, read files.
        """
        self._count = workers or default_workers()
        self.verdicts: Counter[str] = Counter()
        self._workers = [Worker(model)]

    def load(self) -> ModelInfo:
        """Wait until all processes have loaded the weights.

        Raises:
            ModelError: the weights can't be loaded.
        """
        try:
            self.model = self._workers[0].wait_until_loaded()
            # The others take what the first one has found, without asking the Hub again.
            folder = str(self.model.folder)
            self._workers += [Worker(folder) for _ in range(self._count - 1)]
            file_workers = [
                Worker(folder, niceness=FILE_NICENESS)
                for _ in range(min(self._count, 1 + self._count // 2))
            ]
            self._workers += file_workers
            for each in self._workers[1:]:
                each.wait_until_loaded()
        except BaseException:
            self.close()
            raise
        self._drawings: Batcher[bytes, Timed] = Batcher(
            self._workers[: self._count],
            worker.recognize_drawings,
            timeout_seconds=DRAWING_SECONDS,
        )
        self._idle_file_workers = file_workers
        self._file_turn = asyncio.Semaphore(len(file_workers))
        self._large_turn = asyncio.Semaphore(1)
        self._files_waiting = 0
        return self.model

    async def recognize_drawing(self, image: bytes, *, urgent: bool = False) -> Timed:
        """Recognise a picture, given by its file's content.

        Args:
            urgent: goes before drawings that are still being drawn.

        Returns:
            The prediction, with all ten labels in its ``top_k``, and the milliseconds it took.

        Raises:
            ImageError: the picture can't be read.
            GivenUpError: reading it takes more than this machine can give.
        """
        answer = await self._drawings.submit(image, URGENT if urgent else USUAL)
        self.verdicts[answer[0].verdict] += 1
        return answer

    async def recognize_file(self, image: Image, top_k: int = 3) -> Timed:
        """Recognise a file, given by its path or its content.

        Raises:
            ImageError, GivenUpError: as :meth:`recognize_drawing`.
            ValueError: ``top_k`` is not a whole number from 1 to 10.
        """
        answer = await self._run(worker.recognize_file, image, top_k)
        self.verdicts[answer[0].verdict] += 1
        return answer

    async def recognize_files(
        self, images: Sequence[Image], top_k: int = 3
    ) -> AsyncIterator[Timed | ImageError | GivenUpError]:
        """As :meth:`read_files`, without the pictures."""
        async for answer in self._one_by_one(self.recognize_file, images, top_k):
            yield answer

    async def read_file(self, image: Image, top_k: int = 3) -> Reading:
        """The same, with the upright picture."""
        reading = await self._run(worker.read_file, image, top_k)
        self.verdicts[reading.prediction.verdict] += 1
        return reading

    async def read_files(
        self, images: Sequence[Image], top_k: int = 3
    ) -> AsyncIterator[Reading | ImageError | GivenUpError]:
        """Read many files; in the place of one that can't be read, the reason.

        Others' files are read in between.
        """
        async for answer in self._one_by_one(self.read_file, images, top_k):
            yield answer

    async def explain(self, image: Image, label: str | None = None) -> np.ndarray:
        """As ``DigitRecognizer.explain``; raises GivenUpError, too."""
        return await self._run(worker.explain, image, label)

    async def draw_explanation(self, image: Image, label: str | None = None) -> np.ndarray:
        """As ``DigitRecognizer.draw_explanation``; raises GivenUpError, too."""
        return await self._run(worker.draw_explanation, image, label)

    @property
    def waiting(self) -> dict[str, int]:
        """How many drawings and files no worker has begun."""
        return {"drawings": self._drawings.waiting, "files": self._files_waiting}

    @property
    def workers(self) -> Sequence[Worker]:
        """The processes, those for files last."""
        return tuple(self._workers)

    def close(self) -> None:
        """End the processes at once."""
        for one in self._workers:
            one.stop()

    async def _one_by_one(
        self,
        read: Callable[[Image, int], Awaitable[Result]],
        images: Sequence[Image],
        top_k: int,
    ) -> AsyncIterator[Result | ImageError | GivenUpError]:
        for image in images:
            try:
                yield await read(image, top_k)
            except (ImageError, GivenUpError) as error:
                yield error

    async def _run(self, job: Callable[..., Result], *arguments: Any) -> Result:
        """A job for one of the workers that read files; it waits until one is idle."""
        try:
            return await self._run_when_idle(job, LARGE_PIXELS, *arguments)
        except TooManyPixelsError:  # its header says so
            async with self._wait_for(self._large_turn):
                return await self._run_when_idle(job, MAX_PIXELS, *arguments)

    async def _run_when_idle(self, job: Callable[..., Result], *arguments: Any) -> Result:
        async with self._wait_for(self._file_turn):
            chosen = self._idle_file_workers.pop()
            try:
                return await chosen.run(job, *arguments, timeout_seconds=FILE_SECONDS)
            finally:
                self._idle_file_workers.append(chosen)

    @contextlib.asynccontextmanager
    async def _wait_for(self, turn: asyncio.Semaphore) -> AsyncIterator[None]:
        self._files_waiting += 1
        try:
            await turn.acquire()
        finally:
            self._files_waiting -= 1
        try:
            yield
        finally:
            turn.release()
