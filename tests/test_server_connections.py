"""Connections of the running app: how many, how slow, and what happens when it is to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from drawings import drawing_of
from processes import descendants, run_async, wait_for_end
from repository import ROOT
from running_app import Server, serving
from uvicorn.server import ServerState

from page.server.connections import Config, Connection

pytestmark = pytest.mark.slow

MOST = 20  # connections


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    arguments = ("--workers", "1", "--max-connections", str(MOST))
    with serving(tmp_path_factory.mktemp("crowded"), *arguments) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def seconds_of_an_endless_head(server: Server) -> Iterator[Future[float]]:
    """How long a connection lasts on which a head comes line by line, 18 seconds at most.

    It is sent to another server while the tests here go on: the last one has the answer.
    """

    def send() -> float:
        connection, start = connect(server, b"GET / HTTP/1.1\r\n"), time.monotonic()
        with contextlib.suppress(ConnectionError):  # the server has closed it
            while time.monotonic() - start < 18:
                connection.sendall(b"X-Slow: a\r\n")
                time.sleep(0.5)
        return time.monotonic() - start

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(send)


def connect(server: Server, sent: bytes = b"") -> socket.socket:
    address = urlsplit(server.url)
    connection = socket.create_connection((address.hostname or "", address.port or 0), timeout=20)
    connection.sendall(sent)
    return connection


def seconds_until_closed(connection: socket.socket) -> float:
    """While the server's answer, if any, is read to its end."""
    start = time.monotonic()
    while connection.recv(65536):
        pass
    return time.monotonic() - start


def get(server: Server) -> httpx.Response:
    return httpx.get(f"{server.url}/healthz", trust_env=False, timeout=5)


def test_silent_connections_make_room_for_those_that_ask(crowded: Server) -> None:
    silent = [connect(crowded) for _ in range(3 * MOST)]
    half = [connect(crowded, b"GET / HTTP/1.1\r\nHost: 127") for _ in range(MOST)]
    bodies = b"POST /gradio_api/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"
    waiting = [connect(crowded, bodies) for _ in range(MOST)]
    for _ in range(3):
        assert get(crowded).status_code == 200
    assert seconds_until_closed(silent[0]) < 5
    for connection in [*silent, *half, *waiting]:
        connection.close()
    assert len(crowded.log.read_text().splitlines()) == 1  # its address, and no complaints


def test_an_upload_under_way_outlasts_silent_connections(crowded: Server) -> None:
    form = (
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
        b"picture\r\n--x--\r\n"
    )
    head = (
        b"POST /gradio_api/upload HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n"
    )
    upload = connect(crowded, head % len(form) + form[:10])
    silent = [connect(crowded) for _ in range(MOST - 1)]
    time.sleep(0.2)  # in which the server has accepted them
    upload.sendall(form[10:20])
    for _ in range(3):
        assert get(crowded).status_code == 200  # a silent one has made room
    upload.sendall(form[20:])
    assert upload.recv(12) == b"HTTP/1.1 200"
    for connection in [upload, *silent]:
        connection.close()


def test_beyond_the_limit_it_is_busy(crowded: Server) -> None:
    question = b"GET /gradio_api/heartbeat/%d HTTP/1.1\r\nHost: localhost\r\n\r\n"
    held = [connect(crowded, question % number) for number in range(MOST)]
    for connection in held:
        assert connection.recv(12) == b"HTTP/1.1 200"
    answer = get(crowded)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["error"] == "The server is busy, try again in a moment."
    for connection in held:
        connection.close()
    deadline = time.monotonic() + 5
    while get(crowded).status_code != 200:
        assert time.monotonic() < deadline


def statuses_of(addresses: list[str], *, leaving: int = 0) -> list[int]:
    """Of a request on a connection from each address, none of which ends before the last begins;
    but for the first ones, so many, which end before it.
    """

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def scenario() -> list[int]:
        config = Config(app, MOST, [], proxies=["10.0.0.0/8"])
        state = ServerState()
        opened: list[Connection] = []
        statuses: list[int] = []
        for number, address in enumerate(addresses, 1):
            if number == len(addresses):
                for connection in opened[:leaving]:
                    connection.connection_lost(None)
            transport = Transport(address)
            connection = Connection(config, state, {})
            connection.connection_made(transport)
            connection.data_received(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await asyncio.gather(*state.tasks)
            statuses.append(int(transport.written.split()[1]))
            opened.append(connection)
        return statuses

    return run_async(scenario())


class Transport(asyncio.Transport):
    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 5)})
        self.written = b""

    def write(self, data: Any) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False


def test_one_client_has_half_of_the_connections() -> None:
    half = MOST // 2
    assert statuses_of(["9.9.9.9"] * (half + 1)) == [200] * half + [503]
    assert statuses_of(["9.9.9.9"] * (half + 1) + ["8.8.8.8"])[-1] == 200
    assert statuses_of(["9.9.9.9"] * (half + 1), leaving=1)[-1] == 200
    one_line = [f"2001:db8::{number}" for number in range(half + 1)]
    assert statuses_of(one_line)[-1] == 503
    for many in ("127.0.0.1", "10.1.2.3"):  # this machine, and a trusted proxy
        assert statuses_of([many] * (half + 1)) == [200] * (half + 1)


def test_a_refused_body_is_not_waited_for(crowded: Server) -> None:
    head = b"POST /gradio_api/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9000000\r\n\r\n"
    connection = connect(crowded, head)
    assert connection.recv(12) == b"HTTP/1.1 413"
    assert seconds_until_closed(connection) < 5


def test_few_descriptors_are_no_end(tmp_path: Path) -> None:
    """In a process that may open 256 files, 260 silent connections are refused some, not all."""
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))\n"
        "from page.server.connections import allowed_connections as allowed\n"
        "print(allowed(4000), allowed(10))"
    )
    command = [sys.executable, "-c", code]
    output = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    most, few = map(int, output.split())
    assert 100 < most < 256 - 64
    assert few == 10


def test_without_any_descriptor_left_it_neither_ends_nor_fills_the_log(crowded: Server) -> None:
    pid = crowded.process.pid
    opened = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    size = crowded.log.stat().st_size
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (opened + 5, limits[1]))
    try:
        silent = [connect(crowded) for _ in range(40)]
        time.sleep(1)  # in which the log would grow by megabytes
        for connection in silent:
            connection.close()
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)
    assert crowded.log.stat().st_size - size < 20_000
    assert get(crowded).status_code == 200


def check_that_what_is_in_flight_is_answered(server: Server, number: signal.Signals) -> None:
    """When the server gets this signal, which ends it."""
    log = server.log.read_text()
    session = httpx.Client(base_url=server.url, trust_env=False, timeout=20)
    upload = {"files": ("seven.png", drawing_of("7").png())}
    (path,) = session.post("/gradio_api/upload", files=upload).json()
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    body = httpx.Request("POST", server.url, json={"data": [file, 1]}).content
    heartbeat = connect(server, b"GET /gradio_api/heartbeat/x HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert heartbeat.recv(12) == b"HTTP/1.1 200"
    head = (
        "POST /gradio_api/run/recognize HTTP/1.1\r\nHost: localhost\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    call = connect(server, head.encode() + body[:-1])
    assert get(server).status_code == 200  # so the call's beginning has been read too
    start = time.monotonic()
    # Terminals and service managers send it to all processes at once.
    children = descendants(server.process.pid)
    for pid in [*children, server.process.pid]:
        os.kill(pid, number)
    while True:  # until no one new is taken
        try:
            connect(server).close()
        except ConnectionError:
            break
        assert time.monotonic() - start < 5
    call.sendall(body[-1:])
    answer = call.makefile("rb").read().decode()
    assert answer.startswith("HTTP/1.1 200"), answer
    assert '"label":"7"' in answer
    assert server.process.wait(timeout=15) == 0
    assert time.monotonic() - start < 10
    wait_for_end(children)
    assert server.log.read_text() == log  # no complaints


def test_what_is_in_flight_is_answered_before_the_end(crowded: Server) -> None:
    check_that_what_is_in_flight_is_answered(crowded, signal.SIGTERM)


def test_a_head_that_does_not_end_is_cut_off(seconds_of_an_endless_head: Future[float]) -> None:
    assert seconds_of_an_endless_head.result() < 15
