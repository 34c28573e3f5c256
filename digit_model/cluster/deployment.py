"""Recognition as a deployment of Ray Serve: a replica does what a worker process does."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, groupby
from operator import itemgetter
from typing import Any

from ray import serve

from digit_model.serving import worker
from digit_model.serving.batching import MAX_BATCH
from digit_model.serving.client import DRAWING_SECONDS, FILE_SECONDS
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import Asked

DRAWINGS, FILES = "drawings", "files"  # deployments: nobody's pad waits for somebody else's file
CALLS_AT_A_REPLICA = 8  # that wait there or are read; all others wait for the first free one


@serve.deployment(health_check_period_s=5)
class Recognizer:
    """One replica: the weights, loaded once, and a thread that does one job at a time."""

    def __init__(self, model: str | None, seconds: float) -> None:
        """
        Args:
            model: a folder or a repository, see ``DigitRecognizer.from_pretrained``.
            seconds: a job that takes longer is given up, and Ray replaces the replica.
        """
        worker.load_without_limits(model)
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1)
        self._turn = asyncio.Lock()  # who waits for the thread takes no time of a job's
        self._is_stuck = False

    # A replica that is free takes what waits; no picture waits for others to come.
    @serve.batch(
        max_batch_size=MAX_BATCH,
        batch_wait_timeout_s=0,
        batch_size_fn=lambda calls: sum(len(asked) for asked, _ in calls),
    )
    async def recognize(self, calls: list[tuple[list[Asked], int]]) -> list[Any]:
        """:func:`worker.recognize`: each caller sends its arguments, and gets its answers."""
        answers = []
        for max_pixels, group in groupby(calls, key=itemgetter(1)):
            lists = [asked for asked, _ in group]
            read = iter(await self.run("recognize", [*chain(*lists)], max_pixels))
            answers += [[next(read) for _ in asked] for asked in lists]
        return answers

    async def run(self, job: str, items: list[Asked], *shared: Any) -> list[Any]:
        """A job of :mod:`digit_model.serving.worker`, by its name."""
        try:
            async with self._turn, asyncio.timeout(self._seconds):
                loop = asyncio.get_running_loop()
                done = loop.run_in_executor(self._thread, getattr(worker, job), items, *shared)
                return list(await done)
        except TimeoutError:
            self._is_stuck = True
            sentence = f"The picture was given up: it took more than {self._seconds:g} seconds."
            return [GivenUpError(sentence)] * len(items)

    def check_health(self) -> None:
        """Ray replaces a replica that raises here."""
        if self._is_stuck:
            raise RuntimeError("A picture takes too long.")


def recognizers(
    model: str | None,
    *,
    min_replicas: int,
    max_replicas: int,
    target_ongoing_requests: float,
    cpus: float,
) -> tuple[serve.Application, serve.Application]:
    """The deployments for drawings and for files.

    Args:
        model: see :class:`Recognizer`.
        min_replicas: how many replicas there are of each when nobody asks.
        max_replicas: up to how many of each.
        target_ongoing_requests: calls at a replica; with more, another replica is started.
        cpus: cores that a replica claims on its machine.
    """

    def deployment(name: str, seconds: float) -> serve.Application:
        return Recognizer.options(  # type: ignore[attr-defined]  # the decorator's type is lost
            name=name,
            max_ongoing_requests=CALLS_AT_A_REPLICA,
            autoscaling_config={
                "min_replicas": min_replicas,
                "max_replicas": max_replicas,
                "target_ongoing_requests": target_ongoing_requests,
            },
            ray_actor_options={"num_cpus": cpus},
        ).bind(model, seconds)

    return (
        deployment(DRAWINGS, DRAWING_SECONDS),
        deployment(FILES, FILE_SECONDS),
    )
