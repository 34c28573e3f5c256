"""Who asks for the answer to a call that isn't there gets one that ends in good order.

Gradio begins a stream with status 200 and then breaks it off, with an error in the log.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.responses import Response

from page.server.answers import refuse
from page.server.paths import STREAM, STREAMED

if TYPE_CHECKING:
    import gradio as gr
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALL = re.compile(f"{STREAMED}.+/(?P<event>[^/]+)")
NOT_FOUND = re.compile(rb'("session_not_found": ?)false')
NO_CALL = "There is no such call, or its answer was fetched before."


class KnownStreams:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, demo: gr.Blocks) -> None:
        self._app = app
        self._queue: Any = demo._queue

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_get = scope["type"] == "http" and scope["method"] == "GET"
        call = CALL.fullmatch(scope["path"]) if is_get else None
        if call and not self._is_waited_for(call["event"]):
            await refuse(scope, receive, send, 404, NO_CALL)
        elif not is_get or scope["path"] != STREAM:
            await self._app(scope, receive, send)
        elif self._has_messages(scope):
            await self._app(scope, receive, _ending_for_good(send))
        else:
            await _session_not_found(scope, receive, send)

    def _is_waited_for(self, event: str) -> bool:
        return any(event in events for events in self._queue.pending_event_ids_session.values())

    def _has_messages(self, scope: Scope) -> bool:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        sessions = query.get("session_hash")
        # Gradio refuses who names none.
        return not sessions or sessions[-1] in self._queue.pending_messages_per_session


def _ending_for_good(send: Send) -> Send:
    """Says of a stream that breaks off, as when the server stops, that its session has ended.

    Otherwise Gradio's page takes it for open, and waits in it for the answers to all later calls.
    """

    async def send_ending(message: Message) -> None:
        body = message.get("body", b"")
        if b'"unexpected_error"' in body:
            message = {**message, "body": NOT_FOUND.sub(rb"\1true", body)}
        await send(message)

    return send_ending


async def _session_not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """What Gradio's clients understand: the server has been started anew, or has forgotten them."""
    message = {"msg": "unexpected_error", "message": NO_CALL, "success": False}
    event = f"data: {json.dumps(message | {'session_not_found': True})}\n\n"
    await Response(event, media_type="text/event-stream")(scope, receive, send)
