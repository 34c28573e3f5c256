"""Callers of the API who have no session of their own share one.

For each call without a `session_hash`, Gradio builds the configuration of all the page's components
anew, which takes longer than recognising a digit. The endpoints keep nothing in a session.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATH = "/gradio_api/run/"
MAX_BODY = 1 << 16  # bytes; a call names files, it doesn't hold them


class SharedSession:
    """ASGI middleware that writes the shared session into calls of the API."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._session_hash = uuid.uuid4().hex  # nobody outside can name it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(PATH):
            await self._app(scope, receive, send)
            return
        messages: list[Message] = []
        size, more = 0, True
        while more and size <= MAX_BODY:
            message = await receive()
            messages.append(message)
            size += len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
        if not more and messages[-1]["type"] == "http.request":
            body = self._with_session(b"".join(message["body"] for message in messages))
            messages = [{"type": "http.request", "body": body, "more_body": False}]
            scope = {**scope, "headers": _with_length(scope["headers"], len(body))}

        async def replay() -> Message:
            return messages.pop(0) if messages else await receive()

        await self._app(scope, replay, send)

    def _with_session(self, body: bytes) -> bytes:
        """The body as it was, if it is no call or names a session."""
        try:
            call: Any = json.loads(body)
        except ValueError:
            return body
        if not isinstance(call, dict) or call.get("session_hash") is not None:
            return body
        return json.dumps(call | {"session_hash": self._session_hash}).encode()


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    others = [(name, value) for name, value in headers if name != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]
