"""What the page calls on a cluster: the recogniser in replicas of Ray Serve."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from digit_model.decode import ImageError
from digit_model.serving.batching import MAX_BATCH, USUAL, Batcher, Job
from digit_model.serving.client import RecognizerClient
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import ModelInfo

WAIT_SECONDS = 60.0  # for an answer; starting a replica takes ten of them


class ReplicaClient(RecognizerClient):
    """As :class:`RecognizerClient`; Ray starts, watches and replaces the processes, not we."""

    def __init__(
        self, drawings: DeploymentHandle[Any], files: DeploymentHandle[Any], model: ModelInfo
    ) -> None:
        """The handles are those of :func:`digit_model.cluster.deployment.recognizers`.

        Args:
            drawings: reads what is being drawn.
            files: reads files.
            model: the weights of both.
        """
        self.model = model
        self.verdicts: Counter[str] = Counter()
        self._workers = []
        self._drawings, self._files = Replicas(drawings), Replicas(files)


class Replicas(Batcher):
    """Sends each item to a replica, where those that wait at the same moment go together.

    The urgent don't go first: another replica is started before drawings wait for long.
    """

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle
        self._unanswered = 0

    @property
    def waiting(self) -> int:
        """How many items have no answer yet; what waits at the replicas isn't known here."""
        return self._unanswered

    async def submit(
        self, job: Job[Any, Any], item: Any, *, priority: int = USUAL, together: int = MAX_BATCH
    ) -> Any:
        self._unanswered += 1
        try:
            answer = await self._ask(
                job.__name__, await asyncio.to_thread(_content, item), together
            )
        finally:
            self._unanswered -= 1
        if isinstance(answer, ValueError):
            raise answer
        return answer

    async def _ask(self, job: str, item: Any, together: int) -> Any:
        """The answer of a replica; when it dies, that of another one."""
        for _ in range(2):
            try:
                async with asyncio.timeout(WAIT_SECONDS):
                    if together == 1:
                        return await self._handle.alone.remote(job, item)
                    return await getattr(self._handle, job).remote(item)
            except RayActorError:
                continue
            except TimeoutError:
                raise GivenUpError("No machine was free for the picture.") from None
            except BackPressureError:
                raise GivenUpError("Too many pictures wait: try again in a moment.") from None
            except (RayError, RayServeException) as error:
                raise GivenUpError("The cluster could not read the picture.") from error
        raise GivenUpError("The picture was given up: it took more than a machine can give.")


def _content(item: Any) -> Any:
    """The item with its file's bytes, not its path: the replica may be on another machine."""
    if isinstance(item, tuple):
        image, *others = item
        return (_content(image), *others)
    if isinstance(item, bytes):
        return item
    try:
        return Path(item).read_bytes()
    except OSError as error:
        raise ImageError(f"The file can't be read: {error.strerror}.") from error
