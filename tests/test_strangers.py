"""Nothing that strangers leave behind grows, and none of them keeps others from their answers."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from drawings import drawing_of
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from http_calls import component_id, upload_file
from PIL import Image
from processes import descendants, resident_mb
from running_app import Server, serving

from page.pictures import REFUSED
from page.server.upload_room import NO_ROOM

pytestmark = pytest.mark.slow

FILES = 400  # of a large batch; they take seconds
SESSIONS = 500


@pytest.fixture(scope="module")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server puts uploads."""
    return tmp_path_factory.mktemp("uploads")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, temp: Path) -> Iterator[Server]:
    options = ["--workers", "1", "--max-temp-mb", "4", "--max-batch-mb", "2"]
    options += ["--max-batch-files", str(FILES), "--max-upload-mb", "1"]
    folder = tmp_path_factory.mktemp("server")
    with serving(folder, *options, GRADIO_TEMP_DIR=str(temp)) as running:
        yield running
        running.stop()
        assert list(temp.iterdir()) == []  # SIGTERM leaves nothing


@pytest.fixture(scope="module")
def http(server: Server) -> Iterator[httpx.Client]:
    limits = httpx.Limits(max_connections=20)
    url = f"{server.url}/gradio_api"
    with httpx.Client(base_url=url, trust_env=False, timeout=60, limits=limits) as client:
        yield client


@pytest.fixture(scope="module")
def file(http: httpx.Client) -> dict[str, Any]:
    return upload_file(http, drawing_of("7").png())


@pytest.fixture(scope="module")
def batch_event(server: Server) -> int:
    """Number of the event that reads the files of the tab."""
    config = httpx.get(f"{server.url}/config", trust_env=False).json()
    tab = component_id(server.url, "batch")
    events = [event for event in config["dependencies"] if event["outputs"] == [tab]]
    return next(event["id"] for event in events if len(event["inputs"]) == 2)


def read_count(server: Server) -> int:
    """How many pictures were read so far."""
    text = httpx.get(f"{server.url}/metrics/", trust_env=False).text
    lines = (line for line in text.splitlines() if line.startswith("digit_verdicts_total{"))
    return sum(int(float(line.split()[-1])) for line in lines)


def wait_until_read(server: Server, count: int) -> None:
    deadline = time.monotonic() + 30
    while read_count(server) < count:
        assert time.monotonic() < deadline, "no file is being read"
        time.sleep(0.05)


def join(http: httpx.Client, event: int, session: str, files: list[dict[str, Any]]) -> None:
    call = {"data": [files, "a run"], "fn_index": event, "session_hash": session}
    assert http.post("/queue/join", json=call).status_code == 200


def completed(http: httpx.Client, session: str) -> dict[str, Any]:
    """The last message of a session's event."""
    with http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                return message
    raise AssertionError("the stream ended before the event")


# ---- calls by plain HTTP


def test_an_answer_that_nobody_waits_for_is_not_there(http: httpx.Client) -> None:
    event = http.post("/call/predict", json={"data": [None, 3]}).json()["event_id"]
    assert "event: error" in http.get(f"/call/predict/{event}").text
    for path in (f"/call/predict/{event}", "/call/predict/0", "/call/v2/predict/0", "/call/x/y"):
        answer = http.get(path)
        assert answer.status_code == 404
        assert "no such call" in answer.json()["error"]
    stream = http.get("/queue/data", params={"session_hash": "nobody's"})
    assert json.loads(stream.text.removeprefix("data: "))["session_not_found"]


# ---- memory


def test_sessions_leave_no_memory_behind(server: Server, http: httpx.Client, file: Any) -> None:
    """Of those that Gradio would keep, each would take 0.1 MB."""

    def call(_: int) -> int:
        body = {"data": [None, 3], "session_hash": uuid.uuid4().hex}
        return http.post("/run/predict", json=body).status_code

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(call, range(50)))
        before = resident_mb(server.process.pid)
        list(threads.map(call, range(SESSIONS)))
    assert resident_mb(server.process.pid) - before < 15


def test_calls_of_many_small_values_take_no_memory(
    server: Server, http: httpx.Client, file: dict[str, Any]
) -> None:
    """Of 1.5 MB each in JSON, and twenty times as much in memory."""
    body = {"data": [[file] * 400, 3], "session_hash": "x", "fn_index": 0}
    body["event_data"] = ["000"] * 200_000
    before = resident_mb(server.process.pid)
    for call in ("/queue/join", "/run/predict_batch") * 5:
        assert http.post(call, json=body).status_code == 422
    assert resident_mb(server.process.pid) - before < 40


# ---- batches


def test_a_batch_has_its_limits(http: httpx.Client, file: dict[str, Any]) -> None:
    for data, sentence in (
        ([file] * (FILES + 1), f"These are {FILES + 1} files; send {FILES} at most."),
        (
            [upload_file(http, bytes(900_000))] * 3,
            "These files have 3 MB together; send 2 at most.",
        ),
    ):
        answer = http.post("/run/predict_batch", json={"data": [data, 3]})
        assert answer.json()["error"] == sentence


def test_a_file_that_is_too_large_is_an_error_in_its_place(server: Server, tmp_path: Path) -> None:
    small, large = tmp_path / "seven.png", tmp_path / "noise.png"
    small.write_bytes(drawing_of("7").png())
    noise = np.random.default_rng(0).integers(0, 256, (600, 600, 3), np.uint8)
    Image.fromarray(noise).save(large)
    assert 1_000_000 < large.stat().st_size < 2_000_000
    client, sentence = Client(server.url, verbose=False), "The file is too large: 1 MB at most."
    files = [handle_file(small), handle_file(large), handle_file(small)]
    first, error, last = client.predict(files, api_name="/predict_batch")
    assert first["label"] == last["label"] == "7"
    assert error == {"error": sentence}
    for endpoint in ("/predict", "/read_number"):
        with pytest.raises(AppError, match=sentence):
            client.predict(handle_file(large), api_name=endpoint)
    assert client.predict(handle_file(small), api_name="/predict")["label"] == "7"


def test_a_batch_whose_caller_hangs_up_is_not_read_on(
    server: Server, http: httpx.Client, file: dict[str, Any]
) -> None:
    before = read_count(server)
    with call(server, "predict_batch", [[file] * FILES, 3]):
        wait_until_read(server, before + 5)
    assert_reading_stops(server, before)


@contextlib.contextmanager
def call(server: Server, endpoint: str, data: list[Any]) -> Iterator[None]:
    """Call it, and hang up at the end of the block without an answer."""
    body = json.dumps({"data": data}).encode()
    head = (
        f"POST /gradio_api/run/{endpoint} HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    port = int(server.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + body)
        yield


@pytest.mark.parametrize(("endpoint", "arguments"), [("recognize", [3]), ("explain", ["7", None])])
def test_a_file_whose_caller_hangs_up_is_given_up(
    server: Server, http: httpx.Client, file: dict[str, Any], endpoint: str, arguments: list[Any]
) -> None:
    own = os.getpriority(os.PRIO_PROCESS, server.process.pid)
    (reader,) = (
        pid
        for pid in descendants(server.process.pid)
        if os.getpriority(os.PRIO_PROCESS, pid) > own  # those that read files yield to others
    )
    os.kill(reader, signal.SIGSTOP)  # as if the file took for ever
    with call(server, endpoint, [file, *arguments]):
        time.sleep(0.2)
        assert reader in descendants(server.process.pid)
    deadline = time.monotonic() + 5
    while reader in descendants(server.process.pid):
        assert time.monotonic() < deadline, "it is read on"
        time.sleep(0.05)
    answer = http.post("/run/recognize", json={"data": [file, 3]}).json()
    assert answer["data"][0]["label"] == "7"


def test_a_batch_of_the_page_is_not_read_on_when_the_page_is_closed(
    server: Server, http: httpx.Client, file: dict[str, Any], batch_event: int
) -> None:
    before, session = read_count(server), uuid.uuid4().hex
    join(http, batch_event, session, [file] * FILES)
    with http.stream("GET", "/queue/data", params={"session_hash": session}):
        wait_until_read(server, before + 5)
    assert_reading_stops(server, before)


def assert_reading_stops(server: Server, before: int) -> None:
    """Within seconds, and before the batch is read."""
    deadline, last, at = time.monotonic() + 5, -1, time.monotonic()
    while time.monotonic() - at < 0.5:
        assert time.monotonic() < deadline, "it is read on"
        if (count := read_count(server)) != last:
            last, at = count, time.monotonic()
        time.sleep(0.05)
    assert last - before < FILES


def test_nobody_waits_for_the_end_of_somebody_elses_batch(
    server: Server, http: httpx.Client, file: dict[str, Any], batch_event: int
) -> None:
    before, small = read_count(server), uuid.uuid4().hex
    large = [uuid.uuid4().hex for _ in range(9)]  # Gradio's queue would answer eight at once
    for session in large:
        join(http, batch_event, session, [file] * (FILES // 20))
    finished: list[str] = []

    def wait(session: str) -> None:
        assert completed(http, session)["success"]
        finished.append(session)

    waiting = [threading.Thread(target=wait, args=(session,)) for session in large]
    for thread in waiting:
        thread.start()
    wait_until_read(server, before + 5)
    join(http, batch_event, small, [file] * 3)
    wait(small)
    answer = http.post("/run/predict", json={"data": [file, 1]}).json()
    assert answer["data"][0]["label"] == "7"
    assert finished == [small]
    for thread in waiting:
        thread.join()


# ---- the disk


def test_a_full_disk_is_one_sentence_and_passes(
    server: Server, http: httpx.Client, file: dict[str, Any]
) -> None:
    pid, limit = server.process.pid, resource.RLIMIT_FSIZE
    before = resource.prlimit(pid, limit)
    resource.prlimit(pid, limit, (10_000, before[1]))
    try:
        answer = http.post("/upload", files={"files": ("a.png", bytes(20_000))})
        resource.prlimit(pid, limit, (100, before[1]))
        evidence = http.post("/run/explain", json={"data": [file, "7"]})
    finally:
        resource.prlimit(pid, limit, before)
    assert (answer.status_code, answer.json()["error"]) == (507, NO_ROOM)
    assert evidence.json()["error"] == REFUSED
    assert upload_file(http, bytes(20_000))["path"]
    assert "Traceback" not in server.log.read_text()


def test_uploads_have_a_limit_together(http: httpx.Client, server: Server, file: Any) -> None:
    answers = [
        http.post("/upload", files={"files": ("a.png", bytes([n]) * 900_000)}) for n in range(6)
    ]
    statuses = [answer.status_code for answer in answers]
    assert statuses[0] == 200
    assert statuses[-1] == 507
    assert answers[-1].json()["error"] == NO_ROOM
    assert int(answers[-1].headers["Retry-After"]) > 0

    def chunks() -> Iterator[bytes]:  # without a length
        yield b"--b\r\nContent-Disposition: form-data; name=files; filename=a.png\r\n\r\n"
        for _ in range(10):
            yield bytes(900_000)
        yield b"\r\n--b--\r\n"

    for kind in ("multipart/form-data; boundary=b", "Multipart/Form-Data; boundary=b"):
        answer = http.post("/upload", content=chunks(), headers={"Content-Type": kind})
        assert answer.status_code == 507
    read = http.post("/run/predict", json={"data": [file, 1]}).json()
    assert read["data"][0]["label"] == "7"  # nobody's file was deleted for another one
