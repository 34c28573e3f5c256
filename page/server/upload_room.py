"""Uploads that the disk has no room for are refused with a sentence."""

from __future__ import annotations

import asyncio
import errno
from typing import TYPE_CHECKING

from starlette.datastructures import Headers

from digit_model.files import DISK_IS_FULL
from page.server.answers import refuse
from page.server.upload_folder import FRESH_SECONDS

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from page.server.upload_folder import UploadFolder

NO_ROOM = "The server has no room for more files at the moment, try again in some minutes."


class UploadRoom:
    """ASGI middleware; looks at every request that brings files, whatever its path."""

    def __init__(self, app: ASGIApp, folder: UploadFolder) -> None:
        self._app, self._folder = app, folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if not headers.get("content-type", "").lower().startswith("multipart/"):
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def receive_and_count() -> Message:
            message = await receive()
            if not self._folder.take(len(message.get("body", b""))):
                raise OSError(errno.ENOSPC, NO_ROOM)
            return message

        async def send_and_note(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            declared = headers.get("content-length", "0")
            size = int(declared) if declared.isdecimal() else 0
            if not await asyncio.to_thread(self._folder.make_room, size):
                raise OSError(errno.ENOSPC, NO_ROOM)
            await self._app(scope, receive_and_count, send_and_note)
        except OSError as error:
            if has_begun or error.errno not in DISK_IS_FULL:
                raise
            later = {"Retry-After": str(round(FRESH_SECONDS))}
            await refuse(scope, receive, send, 507, NO_ROOM, later)
