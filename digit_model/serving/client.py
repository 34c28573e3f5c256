"""What the page calls: the recogniser in worker processes, drawings and files apart."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from digit_model.decode import MAX_PIXELS, ImageError, TooManyPixelsError
from digit_model.hub.names import locate
from digit_model.model_folder import DEFAULT_WEIGHTS, check_folder
from digit_model.serving import worker
from digit_model.serving.batching import LATER, MAX_BATCH, URGENT, USUAL, Batcher, Job
from digit_model.serving.pool import GivenUpError, Worker
from digit_model.serving.timed import TimedPrediction
from digit_model.serving.worker import Asked, Image, ModelInfo, Numbered, Timed

if TYPE_CHECKING:
    from digit_model.counterfactual.picture import Counterfactual
    from digit_model.hints import Hint
    from digit_model.prediction import Prediction

Result = TypeVar("Result")

DRAWING_SECONDS = 10.0  # for all drawings that are read together
FILE_SECONDS = 20.0  # for one file; 64 megapixels take a few
DRAWING_PIXELS = 4 * 2**20  # the pad sends 280 x 280
LARGE_PIXELS = 16 * 2**20  # pictures beyond it are read one at a time, for the sake of memory
MAX_DEFAULT_WORKERS = 8  # each takes some 100 MB, and a container may show more cores than it has
FILE_NICENESS = 10  # people who draw go first on a busy core
SMALL_FILE = 64 << 10  # bytes; files up to this size, such as drawings, are read together


def default_workers() -> int:
    """One for each core that this process may use, up to :data:`MAX_DEFAULT_WORKERS`."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return min(len(os.sched_getaffinity(0)), MAX_DEFAULT_WORKERS)
    return min(os.cpu_count() or 1, MAX_DEFAULT_WORKERS)


class RecognizerClient:
    """Has pictures read by what :meth:`_connect` is given. Its coroutines are for one event loop.

    Attributes:
        model: which weights answer; known once it is connected.
        verdicts: how often each was found so far, health probes and corrections included.
        workers: the processes of this machine's that read, those for files last.
    """

    model: ModelInfo

    def __init__(self, *, max_file_mb: int | None = None) -> None:
        """``max_file_mb``: the largest file that is read, in megabytes; None: any."""
        self._max_file_mb = max_file_mb
        self.verdicts: Counter[str] = Counter()
        self.workers: list[Worker] = []

    def _connect(self, model: ModelInfo, drawings: Batcher, files: Batcher) -> None:
        """Take what reads drawings and what reads files, both by these weights."""
        self.model = model
        self._drawings, self._files = drawings, files
        self._large_turn, self._large_waiting = asyncio.Semaphore(1), 0

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
        priority = URGENT if urgent else USUAL
        answer = await self._drawings.submit(
            worker.recognize, Asked(image), DRAWING_PIXELS, priority=priority
        )
        self.verdicts[answer[0].verdict] += 1
        return answer

    async def recognize_file(self, image: Image, *, priority: int = USUAL) -> Timed:
        """The same for a file, given by its path or its content."""
        answer = await self._submit_file(
            worker.recognize, image, priority=priority, together=MAX_BATCH
        )
        self.verdicts[answer[0].verdict] += 1
        return answer

    async def read_number(self, image: Image) -> Numbered:
        """As ``DigitRecognizer.read_number``, for a file; and the milliseconds it took.

        Raises:
            ImageError: the picture can't be read.
            GivenUpError: reading it takes more than this machine can give.
        """
        return await self._submit_file(worker.read_numbers, image)

    async def recognize_files(
        self, images: Sequence[Image]
    ) -> AsyncIterator[Timed | ImageError | GivenUpError]:
        """Recognise many files; in the place of one that can't be read, the reason.

        They are asked for one after the other, and wait for files that come alone: so those who
        send many take turns, and nobody with one file waits for them.
        """
        async for answer in self._one_by_one(self.recognize_file, images):
            yield answer

    async def read_file(self, image: Image, *, priority: int = USUAL) -> TimedPrediction:
        """As :meth:`recognize_file`, with the upright picture."""
        reading = await self._submit_file(worker.read, image, priority=priority)
        self.verdicts[reading.prediction.verdict] += 1
        return reading

    async def find_hint(self, image: Image, prediction: Prediction) -> Hint | None:
        """Why a picture was refused, if that can be told; None if it wasn't refused."""
        if prediction.verdict not in ("not_a_digit", "blank"):
            return None
        try:
            return await self._submit_file(worker.find_hints, image, prediction.verdict)
        except GivenUpError:  # the answer stands without it
            return None

    async def read_files(
        self, images: Sequence[Image]
    ) -> AsyncIterator[TimedPrediction | ImageError | GivenUpError]:
        """As :meth:`recognize_files`, with the upright pictures."""
        async for answer in self._one_by_one(self.read_file, images):
            yield answer

    async def cut_out(self, image: Image, box: Sequence[float]) -> np.ndarray:
        """As ``DigitRecognizer.cut_out``, with the box in pixels of the picture as it is read, at
        most 640 a side; raises GivenUpError, too."""
        return await self._ask(image, "cut_out", box)

    async def explain(self, image: Image, label: str | None = None) -> np.ndarray:
        """As ``DigitRecognizer.explain``; raises GivenUpError, too."""
        return await self._ask(image, "explain", label)

    async def draw_explanation(self, image: Image, label: str | None = None) -> np.ndarray:
        """As ``DigitRecognizer.draw_explanation``; raises GivenUpError, too."""
        return await self._ask(image, "draw_explanation", label)

    async def counterfactual(self, image: Image, toward: str) -> Counterfactual | None:
        """As ``DigitRecognizer.counterfactual``, in pixels of its ``picture``.

        Raises GivenUpError, too.
        """
        return await self._ask(image, "counterfactual", toward)

    async def draw_counterfactual(self, image: Image, toward: str) -> np.ndarray | None:
        """As ``DigitRecognizer.draw_counterfactual``; raises GivenUpError, too."""
        return await self._ask(image, "draw_counterfactual", toward)

    async def _ask(self, image: Image, method: str, argument: Any) -> Any:
        return await self._submit_file(worker.ask, image, method, argument)

    @property
    def waiting(self) -> dict[str, int]:
        """How many drawings and files no worker has begun."""
        return {
            "drawings": self._drawings.waiting,
            "files": self._files.waiting + self._large_waiting,
        }

    async def _submit_file(
        self,
        job: Job[Result],
        image: Image,
        *about: Any,
        priority: int = USUAL,
        together: int = 1,
    ) -> Result:
        item, size = Asked(image, about), _size(image)
        most = self._max_file_mb
        if most is not None and size > 1_000_000 * most:
            raise ImageError(f"The file is too large: {most} MB at most.")
        if size > SMALL_FILE:
            together = 1
        try:
            return await self._files.submit(
                job, item, LARGE_PIXELS, priority=priority, together=together
            )
        except TooManyPixelsError:  # its header says so
            self._large_waiting += 1
            try:
                await self._large_turn.acquire()
            finally:
                self._large_waiting -= 1
            try:
                return await self._files.submit(
                    job, item, MAX_PIXELS, priority=priority, together=1
                )
            finally:
                self._large_turn.release()

    async def _one_by_one(
        self, read: Callable[..., Awaitable[Result]], images: Sequence[Image]
    ) -> AsyncIterator[Result | ImageError | GivenUpError]:
        for image in images:
            try:
                yield await read(image, priority=LATER)
            except (ImageError, GivenUpError) as error:
                yield error


class WorkerClient(RecognizerClient):
    """Has pictures read by processes of this machine.

    Drawings have workers of their own, so that nobody's pad waits for somebody else's file.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        workers: int | None = None,
        max_file_mb: int | None = None,
    ) -> None:
        """Start the first process; :meth:`load` waits for it.

        Args:
            model: a folder or a repository, see ``DigitRecognizer.from_pretrained``.
            workers: how many processes recognise drawings; see :func:`default_workers`.
                Half as many, and one, read files.
            max_file_mb: see :class:`RecognizerClient`.

        Raises:
            ModelError: there is no such folder, or its name could mean a repository, too.
        """
        super().__init__(max_file_mb=max_file_mb)
        place, _ = locate(DEFAULT_WEIGHTS if model is None else model)
        if isinstance(place, Path):
            check_folder(place)  # at once: a process takes seconds until it can say so
        self._count = workers or default_workers()
        self.workers.append(Worker(model))

    def load(self) -> ModelInfo:
        """Wait until all processes have loaded the weights.

        Raises:
            ModelError: the weights can't be loaded.
        """
        try:
            model = self.workers[0].wait_until_loaded()
            # The others take what the first one has found, without asking the Hub again.
            folder = str(model.folder)
            self.workers += [Worker(folder) for _ in range(self._count - 1)]
            file_workers = [
                Worker(folder, niceness=FILE_NICENESS)
                for _ in range(min(self._count, 1 + self._count // 2))
            ]
            self.workers += file_workers
            for each in self.workers[1:]:
                each.wait_until_loaded()
        except BaseException:
            self.close()
            raise
        self._connect(
            model,
            Batcher(self.workers[: self._count], timeout_seconds=DRAWING_SECONDS),
            Batcher(file_workers, timeout_seconds=FILE_SECONDS),
        )
        return model

    def close(self) -> None:
        """End the processes at once."""
        for one in self.workers:
            one.stop()


def _size(image: Image) -> int:
    """Of the file, in bytes; 0 if it isn't there, which the worker will say."""
    if isinstance(image, bytes):
        return len(image)
    with contextlib.suppress(OSError, ValueError):
        return Path(image).stat().st_size
    return 0
