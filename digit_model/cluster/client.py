"""What the page calls on a cluster: the recogniser in replicas of Ray Serve."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import RayServeException
from ray.serve.handle import DeploymentHandle

from digit_model.decode import ImageError, read_file
from digit_model.serving import worker
from digit_model.serving.batching import Batcher
from digit_model.serving.client import RecognizerClient
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import Asked, ModelInfo

CALLS_PER_REPLICA = 2  # one is read, one waits; what comes meanwhile goes together in the next
WAIT_SECONDS = 60.0  # for an answer; starting a replica takes ten of them


class ReplicaClient(RecognizerClient):
    """Has pictures read by processes that Ray starts, watches and replaces."""

    def __init__(
        self,
        drawings: DeploymentHandle[Any],
        files: DeploymentHandle[Any],
        model: ModelInfo,
        *,
        replicas: int,
        max_file_mb: int | None = None,
    ) -> None:
        """The handles are those of :func:`digit_model.cluster.deployment.recognizers`.

        Args:
            drawings: reads what is being drawn.
            files: reads files.
            model: the weights of both.
            replicas: up to how many there are of each.
            max_file_mb: see :class:`RecognizerClient`.
        """
        super().__init__(max_file_mb=max_file_mb)
        self._connect(model, ReplicaBatcher(drawings, replicas), ReplicaBatcher(files, replicas))


class ReplicaBatcher(Batcher):
    """Sends replicas what waits: a call costs as much as reading two drawings."""

    def __init__(self, handle: DeploymentHandle[Any], replicas: int) -> None:
        calls = [Call(handle)] * (CALLS_PER_REPLICA * replicas)
        super().__init__(calls, timeout_seconds=WAIT_SECONDS)


class Call:
    """Does jobs in whichever replica Ray chooses; when that one dies, in another one, once."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    async def run(self, job: Callable[..., Any], *arguments: Any, timeout_seconds: float) -> Any:
        """As :meth:`digit_model.serving.pool.Worker.run`."""
        items, *shared = arguments
        sent = await asyncio.to_thread(lambda: [*map(_with_content, items)])
        readable = [each for each in sent if not isinstance(each, ImageError)]
        results: Sequence[Any] = []
        if readable:
            results = await self._ask(job, readable, *shared, timeout_seconds=timeout_seconds)
            if all(isinstance(result, GivenUpError) for result in results):
                raise results[0]  # one of them is to blame
        left = iter(results)
        return [each if isinstance(each, ImageError) else next(left) for each in sent]

    async def _ask(
        self, job: Callable[..., Any], *arguments: Any, timeout_seconds: float
    ) -> Sequence[Any]:
        for _ in range(2):
            try:
                async with asyncio.timeout(timeout_seconds):
                    if job is worker.recognize:
                        return await self._handle.recognize.remote(arguments)
                    return await self._handle.run.remote(job.__name__, *arguments)
            except RayActorError:
                continue
            except TimeoutError:
                raise GivenUpError("No machine was free for the picture.") from None
            except (RayError, RayServeException) as error:
                raise GivenUpError("The cluster could not read the picture.") from error
        raise GivenUpError("The picture was given up: it took more than a machine can give.")


def _with_content(item: Asked) -> Asked | ImageError:
    """The item with its file's bytes, not its path: the replica may be on another machine.

    Or the ImageError of a file that can't be read. Only when it is sent: what waits would take as
    much memory as all its files.
    """
    if isinstance(item.image, bytes):
        return item
    try:
        return item._replace(image=read_file(Path(item.image)))
    except ImageError as error:
        return error
