"""Work that waits at the same moment goes through a worker together."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from typing import Any, NamedTuple, Protocol, TypeVar

from digit_model.serving.pool import GivenUpError

Result = TypeVar("Result")
# Takes a list of items, and perhaps more; answers each, in order; an exception is its failure.
Job = Callable[..., Sequence[Result | Exception]]

MAX_BATCH = 32  # items; with more, the first of them would wait for the last
URGENT, USUAL, LATER = 0, 1, 2  # priorities; the lower goes first


class Runner(Protocol):
    """Does a job elsewhere, as :class:`digit_model.serving.pool.Worker` does."""

    async def run(
        self, job: Callable[..., Result], *arguments: Any, timeout_seconds: float
    ) -> Result: ...


class Waiting(NamedTuple):
    """An item that waits; they are compared by their first two fields."""

    priority: int
    number: int  # in the order of arrival
    job: Job[Any]
    shared: tuple[Any, ...]
    together: int
    item: Any
    future: asyncio.Future[Any]


class Batcher:
    """Gives a worker that is free what waits, the items that are for the same job together.

    No item waits for others to come: on an idle machine each goes alone.
    """

    def __init__(self, workers: Sequence[Runner], *, timeout_seconds: float) -> None:
        """``timeout_seconds`` is for all items that go together."""
        self._idle = list(workers)
        self._timeout_seconds = timeout_seconds
        self._queue: list[Waiting] = []
        self._numbers = count()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waiting(self) -> int:
        """How many items no worker has begun."""
        return sum(not one.future.done() for one in self._queue)  # some callers have left

    async def submit(
        self,
        job: Job[Result],
        item: Any,
        *shared: Any,
        priority: int = USUAL,
        together: int = MAX_BATCH,
    ) -> Result:
        """The item's result.

        Args:
            job: a function of a module; the worker calls it with a list of items.
            item: for it.
            shared: the job's further arguments; items that go together have the same ones.
            priority: URGENT, USUAL or LATER.
            together: with how many items at the most, itself among them, it goes.

        Raises:
            GivenUpError: it took too long, or it ends the process.
            Exception: what the job says of this item.
        """
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        waiting = Waiting(priority, next(self._numbers), job, shared, together, item, future)
        heapq.heappush(self._queue, waiting)
        self._dispatch()
        return await future

    def _dispatch(self) -> None:
        while self._idle and (batch := self._next_batch()):
            task = asyncio.ensure_future(self._run(self._idle.pop(0), batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            for one in batch:
                one.future.add_done_callback(partial(_cancel_if_all_left, task, batch))

    def _next_batch(self) -> list[Waiting]:
        batch: list[Waiting] = []
        while self._queue:
            first = self._queue[0]
            if first.future.cancelled():  # its caller has left
                heapq.heappop(self._queue)
            elif batch and (
                (first.job, first.shared) != (batch[0].job, batch[0].shared)
                or len(batch) >= min(first.together, batch[0].together)
            ):
                break
            else:
                batch.append(heapq.heappop(self._queue))
        return batch

    async def _run(self, worker: Runner, batch: list[Waiting]) -> None:
        try:
            await self._answer(worker, batch)
        finally:
            self._idle.append(worker)
            self._dispatch()

    async def _answer(self, worker: Runner, batch: list[Waiting]) -> None:
        results: Sequence[Any]
        try:
            results = await worker.run(
                batch[0].job,
                [one.item for one in batch],
                *batch[0].shared,
                timeout_seconds=self._timeout_seconds,
            )
        except GivenUpError as error:
            if len(batch) > 1:  # one of them is to blame: each gets its own chance
                for one in batch:
                    if not one.future.done():
                        await self._answer(worker, [one])
                return
            results = [error]
        except Exception as error:
            results = [error] * len(batch)
        for one, result in zip(batch, results, strict=True):
            if one.future.done():
                continue
            if isinstance(result, Exception):
                one.future.set_exception(result)
            else:
                one.future.set_result(result)


def _cancel_if_all_left(
    task: asyncio.Task[None], batch: Sequence[Waiting], _: asyncio.Future[Any]
) -> None:
    if all(one.future.done() for one in batch):  # some may have their result
        task.cancel()
