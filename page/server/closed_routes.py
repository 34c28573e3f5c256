"""Routes of Gradio's that this page doesn't need and that strangers can misuse answer 404.

An icon of any size is drawn in memory, and one request can end the process; an address is fetched
for anybody; recordings and links to a session stay on the server's disk.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

CLOSED = re.compile(
    r"""
    /pwa_icon/(?!(192|512)$)                # but for the two sizes that the manifest names
    | /file/?=?\s*[a-z][a-z0-9+.-]+:/       # an address instead of a file's path
    | /proxy=
    | /custom_component/
    | /(process_recording|deep_link)\b
    | /(vibe-|undo-vibe-|dev/reload|profiling/|monitoring|run-history/)
    """,
    re.VERBOSE | re.IGNORECASE,
)


class ClosedRoutes:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and CLOSED.search(scope["path"]):
            await PlainTextResponse("Not found.", 404)(scope, receive, send)
        else:
            await self._app(scope, receive, send)
