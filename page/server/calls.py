"""Calls of the API by plain HTTP: malformed ones are refused, and refusals have a client's status.

Gradio answers both with status 500, a traceback in the log, and its own words. As with Gradio's
clients, a call may leave out last arguments that have defaults. Callers who have no session share
one: for each call without a `session_hash`, Gradio would build the configuration of all the page's
components anew, which takes longer than recognising a digit.
"""

from __future__ import annotations

import inspect
import json
import logging
import uuid
from typing import TYPE_CHECKING, Any

from gradio.data_classes import ImageData
from gradio.utils import get_upload_folder, is_in_or_equal
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like

from page.server.answers import Refusal, refuse, sentence_response
from page.server.bodies import replay
from page.server.paths import ANSWERED, JOIN, STREAMED, UPLOAD

if TYPE_CHECKING:
    from collections.abc import Iterator

    import gradio as gr
    from gradio.blocks import BlockFunction
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_DEPTH = 30  # of lists and objects within each other
MAX_VALUES = 30_000  # of all kinds; a file is some ten of them
MAX_NAME = 64  # letters of a session's name, by which its calls are kept
NOT_UNDERSTOOD = "The request could not be understood."
FAILED = "The call failed on the server."

logger = logging.getLogger(__name__)


def answer_malformed(request: Request, error: Exception) -> JSONResponse:
    """For what Gradio's routes raise about requests that name nothing, or have the wrong types."""
    logger.warning("a request was not understood", exc_info=error)
    return sentence_response(NOT_UNDERSTOOD, 422)


# Those of app_kwargs, for the app that Gradio makes.
EXCEPTION_HANDLERS: dict[Any, Any] = dict.fromkeys(
    (AttributeError, LookupError, TypeError, ValueError), answer_malformed
)


class WellFormedCalls:
    """ASGI middleware, behind :class:`BodyLimits`: a body comes in one message."""

    def __init__(self, app: ASGIApp, demo: gr.Blocks) -> None:
        self._app = app
        self._demo = demo
        self._session_hash = uuid.uuid4().hex  # nobody outside can name it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        is_join = path.rstrip("/") == JOIN
        route = next((each for each in (*ANSWERED, STREAMED) if path.startswith(each)), None)
        if scope["type"] != "http" or scope["method"] != "POST" or not (is_join or route):
            await self._app(scope, receive, send)
            return
        name = None if route is None else path.removeprefix(route).rstrip("/")
        body = (await receive()).get("body", b"")
        try:
            call, added = self._checked(name, body)
        except Refusal as refusal:
            await refuse(scope, receive, send, refusal.status, str(refusal))
            return
        if route in ANSWERED and isinstance(call, dict) and call.get("session_hash") is None:
            added["session_hash"] = self._session_hash
        if added:
            body = json.dumps(call | added).encode()
            scope = {**scope, "headers": _with_length(scope["headers"], len(body))}
        send = Translated(send) if route in ANSWERED else send
        await self._app(scope, replay(body, receive), send)

    def _checked(self, name: str | None, body: bytes) -> tuple[Any, dict[str, Any]]:
        """The call in the body, and what is to be added to it.

        Raises Refusal unless it is one of the function of that name, or of the one it names.
        """
        try:
            call = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refusal(422, "The call has to be JSON.") from error
        for file in files_within(call):
            if is_http_url_like(file["path"]):  # Gradio would fetch what lies there
                raise Refusal(422, "Send the file itself, not its address.")
            if not is_stored(file["path"]):
                raise Refusal(422, f"The files have to be uploaded first, to {UPLOAD}.")
            if not is_file(file):
                raise Refusal(422, NOT_UNDERSTOOD)
        if name is not None and name.startswith("v2/"):  # its arguments have names
            return call, {}
        if not isinstance(call, dict) or not isinstance(call.get("data"), list):
            raise Refusal(422, 'The call has to be an object with a list of arguments as "data".')
        session = call.get("session_hash")
        if session is not None and not (isinstance(session, str) and 0 < len(session) <= MAX_NAME):
            # An empty one would end Gradio's queue, for everybody.
            raise Refusal(422, f"The session's name has to be a text of 1 to {MAX_NAME} letters.")
        functions = self._demo.fns
        if (index := call.get("fn_index")) is not None or name is None:
            function = functions.get(index) if isinstance(index, int) else None
        else:
            function = next((each for each in functions.values() if each.api_name == name), None)
        if function is None or function.fn is None:  # which the page alone can do
            raise Refusal(404, "There is no such endpoint.")
        given = call["data"]
        if len(given) >= len(function.inputs):
            return call, {}
        left_out = _defaults(function)[len(given) :]
        if inspect.Parameter.empty in left_out:
            raise Refusal(422, f"The call has {len(given)} arguments, which are too few.")
        return call, {"data": [*given, *left_out]} if left_out else {}


def _defaults(function: BlockFunction) -> list[Any]:
    """Of each parameter, as Gradio's clients know them: the function's or else its component's.

    `inspect.Parameter.empty` stands for a parameter that has none.
    """
    components = [each for each in function.inputs if not each.skip_api]
    assert function.fn is not None
    defaults = [each.default for each in inspect.signature(function.fn).parameters.values()]
    values = [getattr(each, "value", None) for each in components]
    return [
        value if default is inspect.Parameter.empty and value is not None else default
        for default, value in zip(defaults, values, strict=False)
    ]


def _with_length(headers: list[tuple[bytes, bytes]], length: int) -> list[tuple[bytes, bytes]]:
    others = [(name, value) for name, value in headers if name != b"content-length"]
    return [*others, (b"content-length", str(length).encode())]


def files_within(value: Any) -> Iterator[dict[str, Any]]:
    """All references to files within a JSON value; each has a "path".

    Raises Refusal for what is marked as none could be, or nested so deeply that whoever reads it
    might run out of stack, or has so many parts that others would wait meanwhile: in memory, each
    takes many times its letters.
    """
    waiting, count = [(value, 0)], 1
    while waiting:
        part, depth = waiting.pop()
        count += len(part) if isinstance(part, dict | list) else 0
        if depth > MAX_DEPTH or count > MAX_VALUES:
            raise Refusal(422, NOT_UNDERSTOOD)
        if isinstance(part, dict):
            if "path" in part and not isinstance(part.get("meta", {}), dict):
                raise Refusal(422, NOT_UNDERSTOOD)  # Gradio would fail of it
            if is_file_obj_with_meta(part):
                yield part
            part = list(part.values())
        if isinstance(part, list):
            waiting += [(inner, depth + 1) for inner in part if isinstance(inner, dict | list)]


def is_stored(path: str) -> bool:
    """Whether it is a path in the folder of uploads.

    Gradio looks again, with errors that name the server's folders, and the caller's words in the
    log.
    """
    try:
        return bool(is_in_or_equal(path, get_upload_folder()))
    except (OSError, ValueError):
        return False


def is_file(reference: dict[str, Any]) -> bool:
    """Whether all that it says of the file is of the type that Gradio takes it for."""
    try:
        ImageData.model_validate(reference)
    except ValueError:
        return False
    return True


class Translated:
    """Sends a failed call's answer: status 422 with a refusal's sentence, or 500 with our own."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._failed: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 500:
            self._failed = message
        elif self._failed is None:
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._send_failure(self._failed)

    async def _send_failure(self, start: Message) -> None:
        answer = json.loads(self._body)
        if "title" in answer:  # it is a gr.Error, whose words are the page's
            start["status"] = 422
        else:
            answer["error"] = FAILED
        body = json.dumps(answer).encode()
        start["headers"] = _with_length(start["headers"], len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})
