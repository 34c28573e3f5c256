"""Bodies of requests to the running app: too large, malformed, under names that nobody reads."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from drawings import drawing_of
from http_calls import FILE
from running_app import Server

from page.server.monitoring import resident_bytes

pytestmark = pytest.mark.slow

BIG = 300_000_000
JSON = {"content-type": "application/json"}


def check_refusal(answer: httpx.Response, status: int) -> None:
    """One sentence, in JSON, under both names."""
    assert answer.status_code == status, answer.text
    sentence = answer.json()["error"]
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "/" not in sentence.replace("/gradio_api/upload", "")


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize(
    "path",
    [
        *("/gradio_api/component_server/", "/gradio_api/run/recognize", "/gradio_api/cancel"),
        *("/gradio_api/queue/join", "/gradio_api/nothing", "/", "/gradio_api/reset"),
        *("/gradio_api/call/recognize", "/login", "/gradio_api/stream/x"),
    ],
)
def test_a_large_body_is_refused_at_once(
    server: Server, http: httpx.Client, path: str, chunked: bool
) -> None:
    def parts() -> Iterator[bytes]:
        for _ in range(BIG // 1_000_000):
            yield bytes(1_000_000)

    pid = str(server.process.pid)
    before = resident_bytes(pid)
    length = {} if chunked else {"content-length": str(BIG)}
    start = time.perf_counter()
    answer = http.post(path, content=parts(), headers=JSON | length)
    seconds = time.perf_counter() - start
    check_refusal(answer, 413)
    after = resident_bytes(pid)
    assert before is not None
    assert after is not None
    assert after - before < 20e6
    assert seconds < 5  # most of it is the sender's, and other tests'


def test_a_megabyte_is_taken(http: httpx.Client) -> None:
    body = json.dumps({"data": "x" * 1_000_000})
    assert http.post("/gradio_api/component_server/", content=body, headers=JSON).status_code == 400


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"data": {"text": "x" * 60_000_000}}, 400),
        ({"data": {"files": "no file"}}, 400),
        ({"files": {"other": ("a.png", b"a")}}, 400),
        ({"files": [("files", ("a.png", b"a")), ("component_id", ("b.png", b"b"))]}, 400),
        ({"files": [("files", (f"{n}.png", b"a")) for n in range(501)]}, 413),
        ({"files": {"files": ("a.png", b"a", "image/png", {"X-Long": "x" * 5000})}}, 400),
        ({"content": b"", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400),
        ({"content": b"x", "headers": {"content-type": "multipart/form-data; boundary=y"}}, 400),
        ({"content": b"{}", "headers": JSON}, 400),
    ],
    ids=[
        *("large field", "field", "other name", "another name too", "many files", "long header"),
        *("empty", "no boundary", "no form", "JSON"),
    ],
)
def test_an_upload_holds_files_and_nothing_else(
    http: httpx.Client, form: dict[str, Any], status: int
) -> None:
    answer = http.post("/gradio_api/upload", **form)
    assert answer.status_code == status, answer.text
    assert http.post("/gradio_api/upload", files={"files": ("a.png", b"a")}).status_code == 200


def test_a_refused_upload_leaves_nothing(server: Server, http: httpx.Client) -> None:
    folder = Path(http.post("/gradio_api/upload", files={"files": ("a", b"a")}).json()[0]).parents[
        1
    ]
    before = set(folder.iterdir())
    files = [("files", ("a.png", bytes(3_000_000))), ("other", ("b.png", b"b"))]
    check_refusal(http.post("/gradio_api/upload", files=files), 400)
    assert set(folder.iterdir()) == before


def test_files_go_to_the_upload_route_only(http: httpx.Client) -> None:
    for path in ("/gradio_api/component_server/", "/gradio_api/run/predict", "/login"):
        check_refusal(http.post(path, files={"files": ("a.png", b"a")}), 415)


# ---- malformed calls


def file_at(path: Any) -> dict[str, Any]:
    return {"path": path, "meta": FILE}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("run/recognize", b"", 422),
        ("run/recognize", b"{", 422),
        ("run/recognize", b"[]", 422),
        ("run/recognize", b"\xff\xfe", 422),
        ("run/recognize", b"[" * 100_000, 422),
        ("run/recognize", b'{"data": [' + b"[" * 500 + b"]" * 500 + b"]}", 422),
        ("run/recognize", {"data": None}, 422),
        ("run/recognize", {"data": []}, 422),
        ("run/recognize", {"data": [None]}, 422),
        ("run/recognize", {"data": [None, 3]}, 422),
        ("run/recognize", b'{"data": [' + b"[]," * 30_000 + b"3]}", 422),
        ("run/recognize", {"data": [None, 3], "session_hash": [1]}, 422),
        ("call/predict", {"data": [None, 3], "session_hash": "x" * 1000}, 422),  # would be kept
        ("run/predict", {"data": [], "fn_index": 0}, 404),  # the page's own, without the server
        # Each of these once ended the queue, for everybody.
        ("call/predict", {"data": [None, 3], "session_hash": ""}, 422),
        ("queue/join", {"data": [None, 3], "fn_index": 0, "session_hash": ""}, 422),
        ("run/recognize", {"data": [None, 3], "fn_index": 99}, 404),
        ("run/recognize", {"data": [None, 3], "fn_index": "x"}, 404),
        ("run/nothing", {"data": []}, 404),
        ("call/nothing", {"data": []}, 404),
        ("call/v2/nothing", {"data": []}, 422),
        ("queue/join", {"data": [], "session_hash": "x"}, 404),
        ("queue/join", {"data": [], "fn_index": 0}, 404),
        ("cancel", {"session_hash": 1}, 422),
        *(
            ("run/recognize", {"data": [file_at(path), 3]}, 422)
            for path in ("", "a.png", "x\0y", "\ud800", "a" * 5000, ["a"], "/etc/passwd", "..")
        ),
        ("queue/join", {"data": [file_at("a.png"), 3], "fn_index": 9, "session_hash": "x"}, 422),
        ("component_server/", {"component_id": 99_999}, 400),
        ("component_server/", {"component_id": []}, 400),
        ("component_server/", {"fn_name": []}, 400),
        ("component_server/", {"fn_name": "preprocess"}, 404),
        ("component_server/", {"session_hash": {}}, 404),
    ],
    ids=str,
)
def test_a_malformed_call_gets_a_sentence(
    server: Server, http: httpx.Client, path: str, body: Any, status: int
) -> None:
    if path == "component_server/":
        body = {"data": "x", "component_id": 1, "session_hash": "x", "fn_name": "f"} | body
    content = body if isinstance(body, bytes) else json.dumps(body)
    answer = http.post(f"/gradio_api/{path}", content=content, headers=JSON)
    assert answer.status_code == status, answer.text
    for name in ("/tmp", "/work", "Traceback", str(Path.cwd())):
        assert name not in answer.text.replace("/tmp/gradio", "")
    assert "Traceback" not in server.log.read_text()


def test_no_answer_names_a_folder_of_this_machine(server: Server, http: httpx.Client) -> None:
    """But that of uploads: Gradio's clients have to name the files that they have sent."""
    here, home = str(Path(__file__).parents[1]), str(Path.home())
    for path in ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/metrics/"):
        text = http.get(path).text
        assert here not in text
        assert f"{home}/" not in text
        assert str(server.log.parent) not in text  # where it was started


def test_a_call_in_good_order_is_answered(http: httpx.Client) -> None:
    upload = {"files": ("seven.png", drawing_of("7").png())}
    (path,) = http.post("/gradio_api/upload", files=upload).json()
    for base in ("run", "api"):
        answer = http.post(f"/gradio_api/{base}/recognize", json={"data": [file_at(path), 1]})
        assert answer.json()["data"][0]["label"] == "7"
    event = http.post("/gradio_api/call/recognize", json={"data": [file_at(path), 1]}).json()
    answer = http.get(f"/gradio_api/call/recognize/{event['event_id']}")
    assert '"label": "7"' in answer.text
