"""/healthz, /readyz and /metrics of the running app."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import httpx
import pytest
from drawings import drawing_of
from http_calls import component_id
from processes import run_async
from running_app import Server
from starlette.requests import Request
from starlette.responses import JSONResponse

from digit_model.serving.client import RecognizerClient, Timed
from page.server.monitoring import Monitoring, resident_bytes

REQUEST = Request({"type": "http"})

pytestmark = pytest.mark.slow


def metrics(http: httpx.Client) -> dict[str, float]:
    """Values by name and labels."""
    text = http.get("/metrics").text
    rows = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def recognize(http: httpx.Client, picture: str) -> dict[str, object]:
    """As the pad asks."""
    pad = component_id(str(http.base_url).rstrip("/"), "pad")
    request = {
        "session_hash": "monitoring",
        "component_id": pad,
        "fn_name": "recognize",
        "data": picture,
    }
    return http.post("/gradio_api/component_server/", json=request).json()


def test_a_server_that_is_well_is_alive_and_ready(http: httpx.Client) -> None:
    assert http.get("/healthz").json() == {"status": "alive"}
    ready = http.get("/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready"})
    assert http.get("/").status_code == 200  # the page is where it was


def test_probes_at_the_same_time_share_a_canary() -> None:
    class Recognizer(RecognizerClient):
        canaries = 0

        async def recognize_drawing(self, image: bytes, *, urgent: bool = False) -> Timed:
            self.canaries += 1
            await asyncio.sleep(0.1)
            raise ValueError("It is ill.")

    async def probe(count: int) -> list[JSONResponse]:
        return await asyncio.gather(*(monitoring.readyz(REQUEST) for _ in range(count)))

    recognizer = Recognizer()
    monitoring = Monitoring(recognizer)
    for asked in (1, 2):
        answers = run_async(probe(20))
        assert {bytes(answer.body) for answer in answers} == {
            b'{"status":"not ready","reason":"It is ill."}'
        }
        assert recognizer.canaries == asked


def test_requests_verdicts_workers_and_memory_are_counted(http: httpx.Client) -> None:
    before = metrics(http)
    assert recognize(http, drawing_of("7").data_url())["label"] == "7"
    assert "error" in recognize(http, "data:image/png;base64,AAAA")
    after = metrics(http)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0.0)

    live = 'digit_requests_total{kind="live",status="200"}'
    assert grown(live) == 2
    assert grown('digit_request_seconds_count{kind="live"}') == 2
    assert grown('digit_verdicts_total{verdict="digit"}') == 1
    workers = after["digit_workers_alive"]
    assert workers >= 2
    assert after['digit_waiting{of="drawings"}'] == 0
    memory = [value for name, value in after.items() if name.startswith("digit_memory_bytes")]
    assert len(memory) == workers + 1
    assert min(memory) > 10e6
    assert not [name for name in after if re.search("session|127|monitoring", name)]


@pytest.mark.parametrize("kind", ["run", "api", "call"])
def test_calls_by_plain_http_are_counted_as_such(http: httpx.Client, kind: str) -> None:
    name = 'digit_requests_total{kind="api",status="422"}'
    before = metrics(http).get(name, 0.0)
    assert http.post(f"/gradio_api/{kind}/predict", json={"data": "no list"}).status_code == 422
    assert metrics(http)[name] == before + 1


def test_a_server_that_nobody_asks_rests(server: Server) -> None:
    def wakes() -> int:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        return int(status.split("voluntary_ctxt_switches:")[1].split()[0])

    before = wakes()
    time.sleep(0.5)
    assert wakes() - before < 400  # Gradio's queue alone would look a thousand times a second


def test_memory_of_a_process_that_is_not_there_is_left_out() -> None:
    assert resident_bytes("self")
    assert resident_bytes("0") is None
