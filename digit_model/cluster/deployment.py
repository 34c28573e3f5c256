"""Recognition as a deployment of Ray Serve; what a replica does is what a worker process does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from ray import serve

from digit_model.decode import ImageError
from digit_model.serving import worker
from digit_model.serving.batching import MAX_BATCH
from digit_model.serving.client import DRAWING_SECONDS, FILE_SECONDS
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import Timed

Result = TypeVar("Result")

DRAWINGS, FILES = "drawings", "files"  # deployments: nobody's pad waits for somebody else's file


@serve.deployment(health_check_period_s=5)
class Recognizer:
    """One replica: the weights, loaded once, and a thread that does one job at a time."""

    def __init__(self, model: str | None) -> None:
        """``model``: a folder or a repository, see ``DigitRecognizer.from_pretrained``."""
        worker.load(model)
        self._thread = ThreadPoolExecutor(1)
        self._is_stuck = False

    # A replica that is free takes what waits; no drawing waits for others to come.
    @serve.batch(max_batch_size=MAX_BATCH, batch_wait_timeout_s=0)
    async def recognize_drawing(
        self, images: list[bytes]
    ) -> Sequence[Timed | ImageError | GivenUpError]:
        """As :func:`worker.recognize_drawings`; callers send one picture and get one answer."""
        answers = await self._do(DRAWING_SECONDS, worker.recognize_drawings, images)
        return [answers] * len(images) if isinstance(answers, ValueError) else answers

    async def run(self, job: str, *arguments: Any) -> Any:
        """Do a job of :mod:`.worker` by its name.

        Returns:
            What the job returns, or the ValueError it raises: Ray would put a traceback into it.
        """
        return await self._do(FILE_SECONDS, getattr(worker, job), *arguments)

    def check_health(self) -> None:
        """Ray replaces a replica whose job doesn't end."""
        if self._is_stuck:
            raise RuntimeError("A picture takes too long.")

    async def _do(
        self, seconds: float, job: Callable[..., Result], *arguments: Any
    ) -> Result | ValueError:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(seconds):
                return await loop.run_in_executor(self._thread, job, *arguments)
        except TimeoutError:
            self._is_stuck = True
            return GivenUpError(
                f"The picture was given up: it took more than {seconds:g} seconds."
            )
        except ValueError as error:
            return error


def recognizers(
    model: str | None, *, max_replicas: int, ongoing: float, cpus: float
) -> tuple[serve.Application, serve.Application]:
    """The deployments for drawings and for files, from one replica of each upwards.

    Args:
        model: see :class:`Recognizer`.
        max_replicas: up to how many replicas take drawings; half as many, and one, take files.
        ongoing: drawings that wait or are read at a replica; with more, another one is started.
        cpus: cores that a replica claims on its machine.
    """

    def deployment(name: str, replicas: int, target: float, at_once: int) -> serve.Application:
        return Recognizer.options(  # type: ignore[attr-defined]  # the decorator's type is lost
            name=name,
            max_ongoing_requests=at_once,
            autoscaling_config={
                "min_replicas": 1,
                "max_replicas": replicas,
                "target_ongoing_requests": target,
            },
            ray_actor_options={"num_cpus": cpus},
        ).bind(model)

    return (
        deployment(DRAWINGS, max_replicas, ongoing, 2 * MAX_BATCH),
        deployment(FILES, min(max_replicas, 1 + max_replicas // 2), 2, 1),
    )
