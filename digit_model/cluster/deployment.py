"""Recognition as a deployment of Ray Serve: a replica does what a worker process does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ray import serve

from digit_model.serving import worker
from digit_model.serving.batching import MAX_BATCH
from digit_model.serving.client import DRAWING_SECONDS, FILE_SECONDS
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import Image

DRAWINGS, FILES = "drawings", "files"  # deployments: nobody's pad waits for somebody else's file
FILES_AT_A_REPLICA = 8  # that wait or are read; those that wait there can't go to another replica


@serve.deployment(health_check_period_s=5)
class Recognizer:
    """One replica: the weights, loaded once, and a thread that does one job at a time."""

    def __init__(self, model: str | None, seconds: float) -> None:
        """
        Args:
            model: a folder or a repository, see ``DigitRecognizer.from_pretrained``.
            seconds: a job that takes longer is given up, and Ray replaces the replica.
        """
        worker.load(model)
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(1)
        self._is_stuck = False

    # A replica that is free takes what waits; no picture waits for others to come.
    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0)
    async def recognize(self, images: list[Image]) -> list[Any]:
        """:func:`worker.recognize`: callers send one picture each and get its answer or error."""
        return await self._do(worker.recognize, images)

    async def alone(self, job: str, item: Any) -> Any:
        """Any job of :mod:`digit_model.serving.worker`, by its name, for one item."""
        (answer,) = await self._do(getattr(worker, job), [item])
        return answer

    def check_health(self) -> None:
        """Ray replaces a replica that raises here."""
        if self._is_stuck:
            raise RuntimeError("A picture takes too long.")

    async def _do(self, job: Callable[..., Sequence[Any]], items: list[Any]) -> list[Any]:
        # Errors are answers: what is raised here would reach the caller with a traceback in it.
        try:
            async with asyncio.timeout(self._seconds):
                loop = asyncio.get_running_loop()
                return list(await loop.run_in_executor(self._thread, job, items))
        except TimeoutError:
            self._is_stuck = True
            sentence = f"The picture was given up: it took more than {self._seconds:g} seconds."
            return [GivenUpError(sentence)] * len(items)


def recognizers(
    model: str | None, *, max_replicas: int, target_ongoing_requests: float, cpus: float
) -> tuple[serve.Application, serve.Application]:
    """The deployments for drawings and for files, from one replica of each upwards.

    Args:
        model: see :class:`Recognizer`.
        max_replicas: up to how many replicas take drawings; half as many, and one, take files.
        target_ongoing_requests: drawings at a replica; with more, another replica is started.
        cpus: cores that a replica claims on its machine.
    """

    def deployment(
        name: str, replicas: int, target: float, at_once: int, seconds: float
    ) -> serve.Application:
        return Recognizer.options(  # type: ignore[attr-defined]  # the decorator's type is lost
            name=name,
            max_ongoing_requests=at_once,
            autoscaling_config={
                "min_replicas": 1,
                "max_replicas": replicas,
                "target_ongoing_requests": target,
            },
            ray_actor_options={"num_cpus": cpus},
        ).bind(model, seconds)

    file_replicas = min(max_replicas, 1 + max_replicas // 2)
    at_once = max(2 * MAX_BATCH, round(2 * target_ongoing_requests))
    return (
        deployment(DRAWINGS, max_replicas, target_ongoing_requests, at_once, DRAWING_SECONDS),
        deployment(FILES, file_replicas, FILES_AT_A_REPLICA / 4, FILES_AT_A_REPLICA, FILE_SECONDS),
    )
