"""Hundreds of hostile requests to the running app: no 500, no traceback, no hang, no growth.

The other files test what a refusal says; here it counts that every one is a refusal or an answer,
given soon, and that the app is the same afterwards.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import hostile_files as hostile
import httpx
import pytest
import schemathesis
from drawings import drawing_of
from http_calls import FILE
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from processes import descendants, resident_mb
from repository import ROOT
from running_app import Server, serving
from schemathesis.core.result import Ok

pytestmark = pytest.mark.slow

SECONDS = 10.0  # in which each request is answered
GROWTH = 1.2  # of the memory of all processes
ENDPOINTS = ["recognize", "predict", "predict_batch", "explain", "submit_correction"]
CALLS = [f"{way}/{endpoint}" for way in ("run", "call") for endpoint in ENDPOINTS]
# Streams that go on as long as somebody listens. Other tests read them.
STREAMS = ("heartbeat", "queue/data", "upload_progress", "startup-events", "/stream/")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that is still as it was when all tests here have attacked it."""
    options = ("--max-calls-per-minute", "100000")
    with serving(tmp_path_factory.mktemp("attacked"), *options) as server:
        main = server.process.pid
        with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http:
            for _ in range(20):
                recognize(http, drawing_of("7").png())
            before = resident_mb(main, *descendants(main))
            yield server
            assert recognize(http, drawing_of("7").png()).json()["data"][0]["label"] == "7"
            assert http.get("/readyz").status_code == 200
        assert resident_mb(main, *descendants(main)) < GROWTH * before
        assert "Traceback" not in server.log.read_text()
        server.stop()
        assert server.process.returncode == 0


@pytest.fixture(scope="module")
def http(attacked: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=attacked.url, trust_env=False, timeout=SECONDS) as client:
        yield client


def upload(http: httpx.Client, content: bytes, name: str = "a.png") -> httpx.Response:
    return http.post("/gradio_api/upload", files={"files": (name, content)})


def recognize(http: httpx.Client, content: bytes) -> httpx.Response:
    (path,) = upload(http, content).json()
    return http.post("/gradio_api/run/recognize", json={"data": [{"path": path, "meta": FILE}, 3]})


def check(answer: httpx.Response) -> None:
    """It is no failure, and no words of a program's. A full server may say so."""
    assert answer.status_code < 500 or answer.status_code == 503, answer.text[:300]
    assert "Traceback" not in answer.text
    assert str(ROOT) not in answer.text


def post_all(http: httpx.Client, requests: Iterator[tuple[str, Any]]) -> None:
    """POST bodies to routes of the API, several at a time; bytes are sent as they are."""

    def post(request: tuple[str, Any]) -> None:
        route, body = request
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        answer = http.post(f"/gradio_api/{route}", content=content, headers=headers)
        check(answer)
        if answer.status_code == 200 and route.startswith("call/"):
            stream = http.get(f"/gradio_api/{route}/{answer.json()['event_id']}")
            check(stream)
            assert stream.text.rpartition("event: ")[2].split()[0] in ("error", "complete")

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(post, requests))


# ---- files


def damaged_files() -> Iterator[bytes]:
    """Small pictures of every format, cut short, followed by another file, and with bytes lost."""
    for kind in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM", "ICO", "TGA", "PCX"):
        whole = hostile.encoded(hostile.small(), kind)
        yield from (whole[: len(whole) * share // 8] for share in (1, 4, 7))
        yield hostile.with_a_zip(whole)
        yield from (whole[:place] + whole[place + 3 :] for place in (9, len(whole) // 2))


def odd_pictures() -> Iterator[bytes]:
    """Of every mode and of extreme shapes."""
    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "F"):
        for size in ((1, 1), (1, 3000) if len(mode) > 1 else (3000, 1)):
            yield hostile.encoded(
                Image.new(mode, size), "TIFF" if mode in ("CMYK", "YCbCr", "F") else "PNG"
            )


def test_files_are_read_or_refused(http: httpx.Client) -> None:
    bombs = (make() for make in hostile.BOMBS.values())
    for content in itertools.chain(bombs, damaged_files(), odd_pictures()):
        answer = recognize(http, content)
        check(answer)
        assert ("data" in answer.json()) == (answer.status_code == 200)


@pytest.mark.parametrize(
    "name",
    [
        *("../../../etc/passwd", "..\\..\\win.ini", "/etc/passwd", "a/b/c.png", ".", "..", "..png"),
        *("a" * 300, "a" * 5000 + ".png", "\u202egnp.exe", "😀.png", "con.png", "nul", "%2e%2e%2f"),
        *("<img src=x onerror=alert(1)>.png", "';drop table.png", "$(touch x).png", "`id`.png"),
        *("a.png;b=c", 'a".png', "=cmd()|x.png", "x.svg", "x.html", "x.php", ".htaccess", "\u0661"),
    ],
)
def test_names_of_files_are_names(http: httpx.Client, name: str) -> None:
    answer = upload(http, drawing_of("3").png(), name)
    check(answer)
    if answer.status_code == 200:
        (path,) = answer.json()
        body = {"data": [{"path": path, "meta": FILE, "orig_name": name}, 3]}
        check(http.post("/gradio_api/run/recognize", json=body))
        assert ".." not in Path(path).parts


# ---- paths


@pytest.mark.parametrize("route", ["file=", "file/", "static/", "assets/", "svelte/", "proxy="])
def test_paths_lead_nowhere(http: httpx.Client, route: str) -> None:
    above = ["../" * depth for depth in (1, 3, 8, 30)]
    above += ["..%2f" * 8, "%2e%2e/" * 8, "..%252f" * 8, "..\\" * 8, "....//" * 8, "/", "//", "./"]
    targets = ["etc/passwd", "proc/self/environ", "app.py", "weights/model.safetensors", "%00", ""]
    secrets = [Path("/etc/passwd").read_bytes()[:20], b"def main(", b"HOME=", b"stem.0.weight"]
    # httpx would resolve the dots itself.
    connection = HTTPConnection(http.base_url.host, http.base_url.port or 80, timeout=SECONDS)
    for start, target, prefix in itertools.product(above, targets, ("/gradio_api/", "/")):
        connection.request("GET", f"{prefix}{route}{start}{target}")
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 500
        assert not any(secret in content for secret in (*secrets, b"Traceback"))
    connection.close()
    for address in ("http://127.0.0.1:1/", "https://example.com/", "file:///etc/passwd", "ftp://x"):
        assert http.get(f"/gradio_api/{route}{address}").status_code in (400, 403, 404)


# ---- bodies


def values() -> Iterator[Any]:
    """What stands where a file should."""
    paths = ["/etc/passwd", "/dev/zero", "/proc/self/mem", "..", "", "~", "\0", "a" * 9000]
    for path in (*paths, "\ud800"):
        yield {"path": path, "meta": FILE}
    for url in ("http://127.0.0.1:1/", "x:", ""):
        yield {"path": None, "url": url, "meta": FILE}
    for path in ('data:\n{"level": "error"}', "data:image/png;base64,aGk="):
        yield {"path": path, "meta": FILE}
    for wrong in ({"size": "x"}, {"orig_name": ["x"]}, {"url": 1}, {"is_stream": "x"}, {"meta": 7}):
        yield {"path": None, "meta": FILE, **wrong}
        yield {"path": "http://127.0.0.1:1/", "meta": FILE, **wrong}
        yield [{"path": None, "meta": FILE, **wrong}]
    yield from (None, True, 0, -1, 1e308, "", "x", [], {}, [[]], [None], {"path": {}}, {"meta": 1})
    yield {"path": "a.png", "meta": {"_type": "gradio.Other"}, "size": -1, "is_stream": True}


def bodies() -> Iterator[Any]:
    """What stands where a call should; None is a picture that is not there."""
    data: Any
    number: Any
    session: Any
    yield from (b"", b"{", b"[]", b"null", b"\xff\xfe\0", b"0", b'"x"', b"NaN", b"{}" * 99)
    yield from (b"[" * 50_000, b'{"a":' * 50_000, b'{"data": [1e999999]}', b"\0" * 1000)
    for data in (None, 1, "x", {}, [], [[]] * 1000, ["x" * 500_000]):
        yield {"data": data}
    for key in ("fn_index", "event_id", "trigger_id"):
        for number in (-1, 10**30, "x", None, []):
            yield {"data": [None, 3], key: number}
    for session in ("", "../x", 1, {}, "x" * 9999):
        yield {"data": [None, 3], "session_hash": session}


def test_anything_in_place_of_a_file(http: httpx.Client) -> None:
    others = {"explain": "7", "submit_correction": "7"}  # a label; top_k in the other calls
    seconds = ((call, others.get(call.rpartition("/")[2], 3)) for call in CALLS)
    calls = itertools.product(seconds, values())
    post_all(http, ((call, {"data": [value, second]}) for (call, second), value in calls))


def test_anything_in_place_of_a_body(http: httpx.Client) -> None:
    routes = [*CALLS, "queue/join", "component_server/", "cancel", "reset", "run/"]
    post_all(http, itertools.product([*routes, "call/v2/predict"], bodies()))


# ---- what the app says of itself


def test_requests_made_from_its_description(http: httpx.Client) -> None:
    schema = schemathesis.openapi.from_dict(http.get("/openapi.json").json())
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    operations = [each for each in found if not any(part in each.path for part in STREAMS)]
    assert len(operations) > 50

    @settings(
        max_examples=60,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of([each.as_strategy() for each in operations]))
    def send(case: schemathesis.Case) -> None:
        answer = case.call(base_url=str(http.base_url), timeout=SECONDS)
        assert answer.status_code < 500 or answer.status_code == 503, (case, answer.text[:300])
        assert b"Traceback" not in answer.content

    send()
