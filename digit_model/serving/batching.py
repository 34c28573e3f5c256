"""Pictures that wait at the same moment go through a worker together."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any, Generic, TypeVar

from digit_model.serving.pool import GivenUpError, Worker

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH = 32  # items; with more, the first of them would wait for the last
URGENT, USUAL = 0, 1  # priorities; the lower goes first


class Batcher(Generic[Item, Result]):
    """Gives a worker that is free all the items that wait, up to :data:`MAX_BATCH`.

    No item waits for others to come: on an idle machine each goes alone.
    """

    def __init__(
        self,
        workers: Sequence[Worker],
        job: Callable[[list[Item]], Sequence[Result | Exception]],
        *,
        timeout_seconds: float,
    ) -> None:
        """``job`` answers a list of items, in order; an exception stands for an item's failure."""
        self._idle = list(workers)
        self._job, self._timeout_seconds = job, timeout_seconds
        self._queue: list[tuple[int, int, Item, asyncio.Future[Result]]] = []
        self._order = count()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many items no worker has begun."""
        return len(self._queue)

    async def submit(self, item: Item, priority: int = USUAL) -> Result:
        """The item's result.

        Raises:
            GivenUpError: it took too long, or it ends the process.
            Exception: what the job says of this item.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (priority, next(self._order), item, future))
        self._dispatch()
        return await future

    def _dispatch(self) -> None:
        while self._queue and self._idle:
            batch: list[tuple[Item, asyncio.Future[Result]]] = []
            while self._queue and len(batch) < MAX_BATCH:
                _, _, item, future = heapq.heappop(self._queue)
                if not future.cancelled():  # its caller has not left
                    batch.append((item, future))
            if batch:
                task = asyncio.ensure_future(self._run(self._idle.pop(0), batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _run(self, worker: Worker, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            await self._answer(worker, batch)
        finally:
            self._idle.append(worker)
            self._dispatch()

    async def _answer(
        self, worker: Worker, batch: list[tuple[Item, asyncio.Future[Result]]]
    ) -> None:
        results: Sequence[Any]
        try:
            items = [item for item, _ in batch]
            results = await worker.run(self._job, items, timeout_seconds=self._timeout_seconds)
        except GivenUpError as error:
            if len(batch) > 1:  # one of them is to blame: each gets its own chance
                for one in batch:
                    await self._answer(worker, [one])
                return
            results = [error]
        except Exception as error:
            results = [error] * len(batch)
        for (_, future), result in zip(batch, results, strict=True):
            if future.done():
                continue
            if isinstance(result, Exception):
                future.set_exception(result)
            else:
                future.set_result(result)
