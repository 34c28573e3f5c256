"""Calls of the API without a session share one, and nobody notices but the clock."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from drawings import load_drawings
from http_calls import upload_file
from processes import run_async
from repository import ROOT
from running_app import Server

from page.component import with_json_errors
from page.errors import user_error
from page.server.calls import WellFormedCalls

RECOGNIZE = SimpleNamespace(
    api_name="recognize", inputs=[SimpleNamespace(skip_api=False)], fn=lambda image: None
)


def received(path: str, body: bytes) -> tuple[bytes, int]:
    """What an app behind the middleware reads of a request, and the length it is told."""
    seen: dict[str, Any] = {}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen["length"] = int(dict(scope["headers"])[b"content-length"])
        seen["body"] = (await receive())["body"]

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        raise AssertionError(message)

    headers = [(b"content-length", str(len(body)).encode())]
    scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
    demo: Any = SimpleNamespace(fns={0: RECOGNIZE})
    run_async(WellFormedCalls(app, demo)(scope, receive, send))
    return seen["body"], seen["length"]


def test_a_call_gets_the_shared_session_and_its_new_length() -> None:
    body, length = received("/gradio_api/run/recognize", b'{"data": [1]}')
    call = json.loads(body)
    assert call["data"] == [1]
    assert len(call["session_hash"]) == 32
    assert length == len(body)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/gradio_api/run/recognize", b'{"data": [1], "session_hash": "mine"}'),
        ("/gradio_api/call/recognize", b'{"data": [1]}'),
        ("/gradio_api/run/v2/recognize", b"[1]"),
        ("/gradio_api/upload", b'{"data": []}'),
    ],
    ids=["own session", "a call in the queue", "no object", "another route"],
)
def test_all_else_passes_as_it_is(path: str, body: bytes) -> None:
    assert received(path, body) == (body, len(body))


@pytest.mark.slow
def test_callers_at_once_get_their_own_answers(server: Server) -> None:
    drawings = load_drawings()
    http = httpx.Client(base_url=f"{server.url}/gradio_api", trust_env=False, timeout=60)

    uploads = [upload_file(http, drawing.png()) for drawing in drawings]

    def recognize(file: dict[str, Any]) -> str:
        answer = http.post("/run/recognize", json={"data": [file, 1]})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"][0]["label"]

    with ThreadPoolExecutor(12) as threads:
        labels = list(threads.map(recognize, uploads * 3))
    assert labels == [drawing.label for drawing in drawings] * 3

    text = upload_file(http, (ROOT / "LICENSE").read_bytes())
    failed = http.post("/run/recognize", json={"data": [text, 1]})
    assert "not a picture" in failed.text
    assert recognize(uploads[0]) == drawings[0].label


def test_a_caller_who_has_left_is_no_error_of_the_server() -> None:
    async def left(request: Any) -> dict[str, Any]:
        raise user_error("The caller has left.")

    async def call() -> dict[str, Any]:
        return await with_json_errors(left, "change", dict)({})

    assert run_async(call()) == {"error": "The caller has left."}
