"""The page as the ingress of a Ray Serve application, for clusters of machines.

serve run page.server.ray_app:build max_replicas=4
serve run deploy/ray.yaml
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # see app.py

from pydantic import (
    BaseModel,
    Field,
    NonNegativeFloat,
    PositiveInt,
    ValidationInfo,
    field_validator,
)
from ray import serve

from digit_model.cluster.client import ReplicaClient
from digit_model.cluster.deployment import recognizers
from digit_model.model_folder import FIGURES
from digit_model.serving import worker
from page.server.access import Access
from page.server.limits import Limits
from page.server.security_headers import SecurityHeaders
from page.server.upload_folder import open_upload_folder

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle
    from starlette.applications import Starlette

    from digit_model.serving.worker import ModelInfo

ROUTER = "ray.serve.experimental.consistent_hash_router.ConsistentHashRouter"
PAGE_REQUESTS = 1000  # that one page takes at once; most of them wait for a replica


class Options(BaseModel, extra="forbid"):
    """What ``args`` in deploy/ray.yaml, or ``name=value`` after ``serve run``, may say.

    Attributes:
        model: a folder with weights that every machine has, or user/repo[@revision] on the Hub.
        min_replicas: how many processes recognise drawings when nobody draws, and files; with
            two, on two machines, answers go on when one of these fails.
        max_replicas: up to how many there are of each.
        target_ongoing_requests: calls at a replica, each of up to 32 pictures; with more, another
            replica is started.
        replica_cpus: cores that each replica claims.
        pages: processes that serve the page. Several need a proxy in front that names the visitor
            in the header X-Session-Id, so that all his requests reach the same one.
        page_cpus: cores that each of them claims.
        corrections: as ``app.py --corrections``; a folder is one on the page's machine.
        limits: fields of :class:`page.server.limits.Limits`.
        access: fields of :class:`page.server.access.Access`, but the host.
    """

    model: str | None = None
    min_replicas: PositiveInt = 1
    max_replicas: PositiveInt = 8
    target_ongoing_requests: float = Field(default=2, gt=0)
    replica_cpus: NonNegativeFloat = 1
    pages: PositiveInt = 1
    page_cpus: NonNegativeFloat = 1
    corrections: str | None = None
    limits: dict[str, PositiveInt] = {}
    access: dict[str, str] = {}

    @field_validator("limits", "access")
    @classmethod
    def _are_known(cls, value: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        """And can be: a replica that can't be made is tried again and again."""
        known = {field.name for field in fields(Limits if info.field_name == "limits" else Access)}
        if unknown := value.keys() - (known - {"host"}):
            raise ValueError(f"There is no such option: {', '.join(sorted(unknown))}.")
        if info.field_name == "limits":
            Limits(**value)
        else:
            Access("", **value)
        return value


@serve.deployment
@serve.ingress()
class Page:
    """One process that serves the page. Uploads and sessions live in it."""

    def __init__(
        self,
        drawings: DeploymentHandle,
        files: DeploymentHandle,
        model: ModelInfo,
        options: Options,
    ) -> None:
        self._limits = Limits(**options.limits)
        self._recognizer = ReplicaClient(
            *(drawings, files, model),
            replicas=options.max_replicas,
            max_file_mb=self._limits.max_upload_mb,
        )
        self._options = options

    def __serve_build_asgi_app__(self) -> Starlette:
        """Called by Ray Serve, once."""
        limits, stack = self._limits, contextlib.ExitStack()
        uploads = stack.enter_context(
            open_upload_folder(max_mb=limits.max_temp_mb, minutes=limits.max_temp_minutes)
        )
        # Not before: Gradio reads where that folder is.
        from app import build_demo, correction_store
        from page.server.asgi import build_app
        from page.server.monitoring import Monitoring
        from page.server.public_link import PublicLink

        store = stack.enter_context(correction_store(self._options.corrections, limits))
        demo = build_demo(self._recognizer, store, limits)
        uploads.keep_present()
        app = build_app(
            demo,
            figures=self._recognizer.model.folder / FIGURES,
            monitoring=Monitoring(self._recognizer),
            uploads=uploads,
            limits=limits,
            access=Access("0.0.0.0", **self._options.access),
            link=PublicLink(),
        )
        app.add_middleware(SecurityHeaders)
        lifespan = app.router.lifespan_context

        @contextlib.asynccontextmanager
        async def with_folders(app: Starlette) -> AsyncIterator[None]:
            with stack:
                async with lifespan(app):
                    yield

        app.router.lifespan_context = with_folders
        return app


def build(options: Options) -> serve.Application:
    """The whole application; Ray Serve calls it with the options that it was given.

    Raises:
        ModelError: the weights can't be loaded.
    """
    model = worker.load_without_limits(options.model)
    if model.notice:
        print(model.notice, file=sys.stderr)
    drawings, files = recognizers(
        model.source,
        min_replicas=options.min_replicas,
        max_replicas=max(options.min_replicas, options.max_replicas),
        target_ongoing_requests=options.target_ongoing_requests,
        cpus=options.replica_cpus,
    )
    page = Page.options(  # type: ignore[attr-defined]  # the decorator's type is lost
        num_replicas=options.pages,
        max_ongoing_requests=PAGE_REQUESTS,
        ray_actor_options={"num_cpus": options.page_cpus},
        request_router_config={
            "request_router_class": ROUTER,
            # A visitor's uploads are where his last request was, and nowhere else.
            "request_router_kwargs": {"num_fallback_replicas": 0},
        },
    )
    return page.bind(drawings, files, model, options)
