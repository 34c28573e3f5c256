"""Calls of the API without a session share one, and nobody notices but the clock."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from conftest import ROOT, Server, load_drawings, run_async

from page.server.shared_session import MAX_BODY, PATH, SharedSession


def received(path: str, chunks: list[bytes]) -> tuple[bytes, int]:
    """What an app behind the middleware reads of a request, and the length it is told."""
    seen: dict[str, Any] = {"body": b""}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen["length"] = int(dict(scope["headers"])[b"content-length"])
        while True:
            message = await receive()
            seen["body"] += message["body"]
            if not message["more_body"]:
                return

    waiting = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, 1)
    ]

    async def receive() -> Any:
        return waiting.pop(0)

    async def send(message: Any) -> None:
        raise AssertionError(message)

    headers = [(b"content-length", str(sum(map(len, chunks))).encode())]
    scope = {"type": "http", "path": path, "headers": headers}
    run_async(SharedSession(app)(scope, receive, send))
    return seen["body"], seen["length"]


def test_a_call_gets_the_shared_session_and_its_new_length() -> None:
    body, length = received(f"{PATH}recognize", [b'{"data": ', b"[1]}"])
    call = json.loads(body)
    assert call["data"] == [1]
    assert len(call["session_hash"]) == 32
    assert length == len(body)


@pytest.mark.parametrize(
    ("path", "chunks"),
    [
        (f"{PATH}recognize", [b'{"data": [], "session_hash": "mine"}']),
        (f"{PATH}recognize", [b"{"]),
        (f"{PATH}recognize", [b"[1]"]),
        (f"{PATH}recognize", [b""]),
        (f"{PATH}recognize", [b'{"data": ["', b"x" * MAX_BODY, b"y" * MAX_BODY, b'"]}']),
        ("/gradio_api/upload", [b'{"data": []}']),
    ],
    ids=["own session", "no JSON", "no call", "empty", "large", "another route"],
)
def test_all_else_passes_as_it_is(path: str, chunks: list[bytes]) -> None:
    body, length = received(path, chunks)
    assert body == b"".join(chunks)
    assert length == len(body)


@pytest.mark.slow
def test_callers_at_once_get_their_own_answers(server: Server) -> None:
    drawings = load_drawings()
    http = httpx.Client(base_url=f"{server.url}/gradio_api", trust_env=False, timeout=60)

    def upload(content: bytes) -> dict[str, Any]:
        (path,) = http.post("/upload", files={"files": ("drawing.png", content)}).json()
        return {"path": path, "meta": {"_type": "gradio.FileData"}}

    uploads = [upload(drawing.png()) for drawing in drawings]

    def recognize(file: dict[str, Any]) -> str:
        answer = http.post("/run/recognize", json={"data": [file, 1]})
        assert answer.status_code == 200, answer.text
        return answer.json()["data"][0]["label"]

    with ThreadPoolExecutor(12) as threads:
        labels = list(threads.map(recognize, uploads * 3))
    assert labels == [drawing.label for drawing in drawings] * 3

    text = upload((ROOT / "LICENSE").read_bytes())
    failed = http.post("/run/recognize", json={"data": [text, 1]})
    assert "not a picture" in failed.text
    assert recognize(uploads[0]) == drawings[0].label
