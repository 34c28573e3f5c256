"""How much work the server takes on at once, how often one client may call, and what is logged."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import Request
from processes import run_async

from page.server import bodies
from page.server.addresses import is_loopback, network_of
from page.server.answers import BUSY
from page.server.limits import Limits
from page.server.load import MAX_CLIENTS, CallRate, CallsInFlight
from page.server.request_log import REPEATS, JsonLines, Repeats

Seen = list[dict[str, Any]]


def request(
    middleware: Any,
    seen: Seen,
    client: str = "9.9.9.9",
    path: str = "/gradio_api/run/predict",
    body: bytes = b"",
) -> Any:
    """A request to an ASGI app. What it sends goes to `seen`."""

    async def receive() -> Any:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        seen.append(message)

    headers = [(b"content-length", str(len(body)).encode())]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "headers": headers}
    scope["client"] = client, 5
    return middleware(scope, receive, send)


async def nothing(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def status_of(seen: Seen) -> int:
    return seen[0]["status"]


def calls(rate: CallRate, client: str, count: int) -> list[int]:
    async def call() -> list[int]:
        statuses = []
        for _ in range(count):
            seen: Seen = []
            await request(rate, seen, client)
            statuses.append(status_of(seen))
        return statuses

    return run_async(call())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock that call rates go by."""
    now = [1000.0]
    monkeypatch.setattr("page.server.load.time.monotonic", lambda: now[0])

    def forward(seconds: float) -> None:
        now[0] += seconds

    return forward


def test_a_client_that_calls_too_often_has_to_wait(clock: Callable[[float], None]) -> None:
    rate = CallRate(nothing, 6)
    assert calls(rate, "9.9.9.9", 8) == [200] * 6 + [503] * 2
    assert calls(rate, "8.8.8.8", 1) == [200]  # others don't
    seen: Seen = []
    run_async(request(rate, seen))
    assert dict(seen[0]["headers"])[b"retry-after"] == b"10"
    assert json.loads(seen[1]["body"])["error"] == BUSY
    clock(10)
    assert calls(rate, "9.9.9.9", 2) == [200, 503]
    clock(3600)
    assert calls(rate, "9.9.9.9", 8) == [200] * 6 + [503] * 2


@pytest.mark.usefixtures("clock")
def test_this_machine_has_no_limit_unless_one_is_named() -> None:
    assert set(calls(CallRate(nothing, None), "127.0.0.1", 7000)) == {200}
    assert calls(CallRate(nothing, None), "9.9.9.9", 6001)[-2:] == [200, 503]
    assert calls(CallRate(nothing, 1), "::1", 2) == [200, 503]


@pytest.mark.usefixtures("clock")
def test_a_line_with_many_addresses_is_one_client_and_memory_is_bounded() -> None:
    rate = CallRate(nothing, 1)
    assert calls(rate, "2001:db8::1", 1) + calls(rate, "2001:db8::2", 1) == [200, 503]
    assert network_of("2001:db8::1") != network_of("2001:db8:0:1::1")
    mapped = [network_of(f"::ffff:192.0.2.{n}") for n in (1, 2)]  # IPv4, as some proxies write it
    assert mapped == ["192.0.2.1", "192.0.2.2"]
    assert is_loopback("::ffff:127.0.0.1")
    for number in range(MAX_CLIENTS + 10):
        rate._seconds_to_wait(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}")
    assert len(rate._buckets) == MAX_CLIENTS


def test_calls_beyond_those_in_flight_are_told_to_wait() -> None:
    async def scenario() -> None:
        go_on = asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await go_on.wait()
            await nothing(scope, receive, send)

        limit = CallsInFlight(slow, 4, queue_of())
        first: Seen = []
        tasks = [asyncio.create_task(request(limit, first)) for _ in range(2)]
        await asyncio.sleep(0)
        third: Seen = []
        await request(limit, third)  # its client has half of them already
        assert status_of(third) == 503
        tasks += [asyncio.create_task(request(limit, [], client=f"9.9.9.{n}")) for n in range(2)]
        await asyncio.sleep(0)
        for client in ("8.8.8.8", "127.0.0.1"):
            fifth: Seen = []
            await request(limit, fifth, client=client)
            assert status_of(fifth) == 503
            assert dict(fifth[0]["headers"])[b"retry-after"] == b"1"
        tasks.append(asyncio.create_task(request(limit, [], path="/gradio_api/upload")))
        go_on.set()
        await asyncio.gather(*tasks)
        assert status_of(first) == 200
        after: Seen = []
        await request(limit, after)
        assert status_of(after) == 200

    run_async(scenario())


# Both lead into Gradio's queue.
JOINS = ("/gradio_api/queue/join", "/gradio_api/call/predict")


@pytest.mark.parametrize("path", JOINS)
def test_a_full_queue_is_told_in_the_same_words(path: str) -> None:
    async def full(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 503, "headers": []})
        await send({"type": "http.response.body", "body": b'{"detail": "Queue is full."}'})

    seen: Seen = []
    run_async(request(CallsInFlight(full, 9, queue_of()), seen, path=path))
    assert json.loads(seen[1]["body"])["detail"] == BUSY
    assert b"retry-after" in dict(seen[0]["headers"])


def queue_of(*clients: str) -> Any:
    """Gradio's, with a call of each of these."""
    events = [SimpleNamespace(request=Request({"type": "http", "client": (c, 5)})) for c in clients]
    return SimpleNamespace(event_ids_to_events=dict(enumerate(events)))


@pytest.mark.parametrize("path", JOINS)
def test_one_client_has_half_of_the_queue(path: str) -> None:
    queue = queue_of("9.9.9.9", "2001:db8::1", "9.9.9.9", "127.0.0.1", "127.0.0.1")
    limit = CallsInFlight(nothing, 4, queue)
    for client, status in (("9.9.9.9", 503), ("2001:db8::2", 200), ("127.0.0.1", 200)):
        seen: Seen = []
        run_async(request(limit, seen, client, path=path))
        assert status_of(seen) == status, client


# ---- the log


@pytest.fixture
def log() -> tuple[logging.Logger, io.StringIO]:
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines())
    handler.addFilter(Repeats())
    logger = logging.Logger("test", logging.DEBUG)
    logger.addHandler(handler)
    return logger, text


def test_a_line_can_not_be_forged(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = log
    logger.warning('a\n{"level": "error"}\r\x1b[31m\u2028b')
    (line,) = text.getvalue().splitlines()
    assert line.isascii()
    assert "\x1b" not in line
    assert json.loads(line)["level"] == "warning"


def test_an_exception_is_one_line_without_what_a_caller_sent(
    log: tuple[logging.Logger, io.StringIO],
) -> None:
    logger, text = log
    try:
        raise ValueError("/home/visitor/secret.png")
    except ValueError:
        logger.exception("failed")
    (line,) = text.getvalue().splitlines()
    assert json.loads(line)["exception"] == "ValueError"
    assert "secret" not in line


def test_repeated_messages_do_not_flood(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, text = log
    for number in range(2_000):
        logger.error("accept failed\nsocket %d", number)
        logger.info("request")
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    errors = [line["message"] for line in lines if line["level"] == "error"]
    assert len(errors) == REPEATS
    assert "repeated" in errors[-1]
    assert len(lines) == 2_000 + REPEATS


def test_bodies_have_a_limit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "MOST_HELD", 200)

    async def scenario() -> None:
        go_on = asyncio.Event()

        async def slow(scope: Any, receive: Any, send: Any) -> None:
            await go_on.wait()
            assert len((await receive())["body"]) == 80
            await nothing(scope, receive, send)

        limit = bodies.BodyLimits(slow, Limits(), mcp=False)
        first: Seen = []
        task = asyncio.create_task(request(limit, first, body=bytes(80)))
        await asyncio.sleep(0)
        second: Seen = []
        await request(limit, second, body=bytes(80))  # one client has half of what all have
        other = asyncio.create_task(request(limit, [], client="8.8.8.8", body=bytes(80)))
        await asyncio.sleep(0)
        for client in ("7.7.7.7", "127.0.0.1"):
            refused: Seen = []
            await request(limit, refused, client=client, body=bytes(80))
            assert status_of(second) == status_of(refused) == 503
        assert dict(second[0]["headers"])[b"retry-after"] == b"1"
        assert BUSY in second[1]["body"].decode()
        go_on.set()
        await asyncio.gather(task, other)
        assert status_of(first) == 200
        third: Seen = []
        await request(limit, third, body=bytes(80))  # what was held is free again
        assert status_of(third) == 200

    run_async(scenario())
