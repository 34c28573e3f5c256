"""How large a request may be. How long it may take to arrive: `connections.py`.

Bodies are held in memory until they are answered; uploads pass through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.formparsers import MultiPartException

from page.server.addresses import client_of
from page.server.answers import Refusal, refuse, refuse_busy
from page.server.multipart import FormGuard
from page.server.paths import MCP, UPLOAD, is_upload
from page.server.shares import Shares

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from page.server.limits import Limits

MAX_BYTES = 1_500_000  # a data URL of the pad's has a million characters at most
MAX_MCP_BYTES = 17 << 20  # an MCP client's call may hold pictures: data URLs of 16 MB, all told
MOST_HELD = 256 << 20  # bytes of all bodies in memory; one client's share: see Shares


class _TooMuchHeld(Exception):  # noqa: N818  # it is no error
    """All bodies together are more than the server holds, or one client's more than its share."""


class BodyLimits:
    """ASGI middleware: 413 for what is too large, 503 while there is too much of it."""

    def __init__(self, app: ASGIApp, limits: Limits, *, mcp: bool) -> None:
        self._app = app
        self._mcp = mcp
        self._max_upload_bytes = 1_000_000 * max(limits.max_upload_mb, limits.max_batch_mb)
        self._max_files = limits.max_batch_files
        self._held = Shares(MOST_HELD)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        length, has_body, content_type = 0, False, b""
        for name, value in scope["headers"]:
            if name == b"content-length":
                length = int(value)
                has_body = length > 0
            elif name == b"transfer-encoding":
                has_body = True
            elif name == b"content-type":
                content_type = value
        if not has_body:
            await self._app(scope, receive, send)
            return
        max_bytes = self._max_bytes(scope["path"])
        client, taken = client_of(scope), 0

        def take(size: int) -> None:
            nonlocal taken
            taken += size
            if not self._held.take(client, size) or self._held.taken > MOST_HELD:
                raise _TooMuchHeld

        try:
            if length > max_bytes:
                raise too_large(max_bytes)
            if is_upload(scope["path"]):
                await self._pass_upload(scope, receive, send, max_bytes, content_type)
                return
            if content_type.lower().startswith(b"multipart/"):
                raise Refusal(415, f"Files go to {UPLOAD} and nowhere else.")
            body = await whole_body(receive, max_bytes, take)
            if body is not None:
                await self._app(scope, replay(body, receive), send)
        except Refusal as error:
            await refuse(scope, receive, send, error.status, str(error))
        except _TooMuchHeld:
            await refuse_busy(scope, receive, send)
        finally:
            self._held.give_back(client, taken)

    def _max_bytes(self, path: str) -> int:
        if is_upload(path):
            return self._max_upload_bytes
        return MAX_MCP_BYTES if self._mcp and path.startswith(MCP) else MAX_BYTES

    async def _pass_upload(
        self, scope: Scope, receive: Receive, send: Send, max_bytes: int, content_type: bytes
    ) -> None:
        """Raises Refusal in the end, if the app has been kept from reading it all."""
        guard = FormGuard(content_type, self._max_files)
        problem: Refusal | None = None
        size = 0

        async def receive_checked() -> Message:
            nonlocal problem, size
            message = await receive()
            try:
                body = message.get("body", b"")
                size += len(body)
                if size > max_bytes:
                    raise too_large(max_bytes)
                guard.feed(body)
            except Refusal as error:
                problem = error
                # Gradio deletes what it has stored of the upload, and answers.
                raise MultiPartException(str(error)) from error
            return message

        async def send_unless_refused(message: Message) -> None:
            if problem is None:
                await send(message)

        await self._app(scope, receive_checked, send_unless_refused)
        if problem is not None:
            raise problem


def replay(body: bytes, receive: Receive) -> Receive:
    """The body in one message, then what else comes."""
    left: bytes | None = body

    async def replay() -> Message:
        nonlocal left
        if left is None:
            return await receive()
        message: Message = {"type": "http.request", "body": left, "more_body": False}
        left = None
        return message

    return replay


async def whole_body(receive: Receive, max_bytes: int, take: Callable[[int], None]) -> bytes | None:
    """A request's body; None if its caller has left. Raises Refusal for more than so many bytes.

    ``take`` is told of all bytes that it takes in memory, and may raise whatever ends it.
    """
    parts = bytearray()
    while len(parts) <= max_bytes:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        take(len(part))
        if not message["more_body"]:
            body = bytes(parts + part) if parts else part
            if len(body) <= max_bytes:
                return body
            break
        parts += part
    raise too_large(max_bytes)


def too_large(max_bytes: int) -> Refusal:
    return Refusal(413, f"The request is too large: {max_bytes / 1e6:g} MB at most.")
