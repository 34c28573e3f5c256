"""Answers to requests that don't reach Gradio: one sentence, in JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

BUSY = "The server is busy, try again in a moment."


class Refusal(Exception):  # noqa: N818  # it is no error of the server's
    """A request is refused, with this HTTP status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def sentence_response(
    sentence: str, status: int, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The sentence under both of the names by which Gradio's clients look for it."""
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)


async def refuse(
    scope: Scope,
    receive: Receive,
    send: Send,
    status: int,
    sentence: str,
    headers: dict[str, str] | None = None,
) -> None:
    """Send the sentence as the answer to a request."""
    await sentence_response(sentence, status, headers)(scope, receive, send)


async def refuse_busy(scope: Scope, receive: Receive, send: Send, seconds: int = 1) -> None:
    """Status 503; the caller should try again after so many seconds."""
    await refuse(scope, receive, send, 503, BUSY, {"Retry-After": str(seconds)})


async def too_many_connections(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI app that answers 503 and has the connection closed."""
    headers = {"Retry-After": "1", "Connection": "close"}
    await refuse(scope, receive, send, 503, BUSY, headers)
