"""What the page calls on a cluster: the recogniser in replicas of Ray Serve."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import BackPressureError, RayServeException
from ray.serve.handle import DeploymentHandle

from digit_model.decode import ImageError
from digit_model.serving.client import RecognizerClient
from digit_model.serving.pool import GivenUpError
from digit_model.serving.worker import Image, ModelInfo, Timed

Result = TypeVar("Result")

WAIT_SECONDS = 60.0  # for a replica: it takes seconds to start one, minutes to start a machine


class ReplicaClient(RecognizerClient):
    """As :class:`RecognizerClient`, but Ray starts, watches and replaces the processes.

    Which drawing is urgent makes no difference: replicas are added before drawings wait for long.
    """

    def __init__(
        self, drawings: DeploymentHandle[Any], files: DeploymentHandle[Any], model: ModelInfo
    ) -> None:
        """Both handles lead to deployments of :class:`digit_model.cluster.deployment.Recognizer`.

        Args:
            drawings: reads what is being drawn.
            files: reads files.
            model: the weights of both.
        """
        self.model = model
        self.verdicts: Counter[str] = Counter()
        self._handles = {"drawings": drawings, "files": files}
        self._unanswered: Counter[str] = Counter()
        self._workers = []

    async def recognize_drawing(self, image: bytes, *, urgent: bool = False) -> Timed:
        answer: Timed = await self._ask(
            "drawings", lambda handle: handle.recognize_drawing.remote(image)
        )
        self.verdicts[answer[0].verdict] += 1
        return answer

    @property
    def waiting(self) -> dict[str, int]:
        """How many drawings and files this process has asked for and got no answer yet."""
        return {kind: self._unanswered[kind] for kind in self._handles}

    async def _run(self, job: Callable[..., Result], *arguments: Any) -> Result:
        image, *others = arguments
        content = await asyncio.to_thread(_content, image)
        return await self._ask(
            "files", lambda handle: handle.run.remote(job.__name__, content, *others)
        )

    async def _ask(self, kind: str, call: Callable[[DeploymentHandle[Any]], Any]) -> Any:
        """What a replica answers; if it dies meanwhile, another one is asked, once."""
        self._unanswered[kind] += 1
        try:
            for _ in range(2):
                try:
                    async with asyncio.timeout(WAIT_SECONDS):
                        answer = await call(self._handles[kind])
                except RayActorError:
                    continue
                if isinstance(answer, ValueError):
                    raise answer
                return answer
        except TimeoutError:
            raise GivenUpError("No machine was free for the picture: try again later.") from None
        except (RayError, RayServeException) as error:
            if isinstance(error, BackPressureError):
                raise GivenUpError("Too many pictures wait: try again in a moment.") from error
            raise GivenUpError("The picture was given up: the cluster has failed.") from error
        finally:
            self._unanswered[kind] -= 1
        raise GivenUpError("The picture was given up: it took more than a machine can give.")


def _content(image: Image) -> bytes:
    """The file's bytes: the replica may be on another machine."""
    if isinstance(image, bytes):
        return image
    try:
        return Path(image).read_bytes()
    except OSError as error:
        raise ImageError(f"The file can't be read: {error.strerror}.") from error
