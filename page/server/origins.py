"""Under which names this server is reached, and which pages may call it.

A page that somebody else has made can send requests from a visitor's browser. By a name of its own
that leads to 127.0.0.1, it could even read the answers of a server that only listens there.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from page.server.addresses import is_loopback
from page.server.answers import refuse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from page.server.public_link import PublicLink

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LOCAL_NAMES = {"localhost", "127.0.0.1", "::1"}


def known_names(listening_at: str, allowed: set[str]) -> set[str] | None:
    """Names that requests may give as their host; None for any.

    Args:
        listening_at: the host that the server listens at.
        allowed: names to accept besides this machine's own; "*" stands for any.
    """
    host = listening_at.strip("[]").lower()
    is_local = host in LOCAL_NAMES or is_loopback(host)
    if "*" in allowed or not (is_local or allowed):
        return None
    root_name = urlsplit(os.environ.get("GRADIO_ROOT_PATH", "")).hostname
    return LOCAL_NAMES | {host, root_name or host} | {name.strip("[]") for name in allowed}


def own_origins(allowed: set[str]) -> set[str]:
    """Origins that may call this server besides its own: a Space's, and those allowed.

    The Hub shows a Space in a frame whose origin is SPACE_HOST.
    """
    space = os.environ.get("SPACE_HOST")
    root = urlsplit(os.environ.get("GRADIO_ROOT_PATH", ""))
    return (
        {origin.rstrip("/") for origin in allowed}
        | ({f"https://{space.lower()}"} if space else set())
        | ({f"{root.scheme}://{root.netloc}".lower()} if root.netloc else set())
    )


class KnownOrigins:
    """ASGI middleware: 403 for requests to a foreign name, and for calls from a foreign page."""

    def __init__(
        self, app: ASGIApp, names: set[str] | None, origins: set[str], link: PublicLink
    ) -> None:
        self._app, self._names, self._origins, self._link = app, names, origins, link

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        host = origin = None
        for name, value in scope["headers"]:
            if name == b"host":
                if host is not None:
                    await refuse(scope, receive, send, 400, "A request has one Host.")
                    return
                host = value.decode("latin-1").lower()
            elif name == b"origin":
                origin = value.decode("latin-1").lower()
        # Browsers always name the host; probes of the simplest kind don't.
        if host is not None and not self._is_known(host):
            await refuse(scope, receive, send, 403, "This server is not known by that name.")
        elif (
            origin is not None
            and scope["method"] not in SAFE_METHODS
            and not self._is_own(origin, host or "")
        ):
            await refuse(
                scope, receive, send, 403, "Pages of other sites may not call this server."
            )
        else:
            await self._app(scope, receive, send)

    def _is_known(self, host: str) -> bool:
        if self._names is None:
            return True
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return name in self._names or host == self._link.host

    def _is_own(self, origin: str, host: str) -> bool:
        scheme, _, own_host = origin.partition("://")
        port = {"http": ":80", "https": ":443"}.get(scheme, "")
        return (
            bool(port) and own_host.removesuffix(port) == host.removesuffix(port)
        ) or origin in self._origins
