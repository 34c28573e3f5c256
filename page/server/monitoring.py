"""What whoever runs the server asks it: `/healthz`, `/readyz` and `/metrics` (Prometheus)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from starlette.middleware import Middleware
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from page.server.addresses import client_of
from page.server.paths import ANSWERED, MCP, QUEUE, SERVER_FUNCTIONS, STREAMED, UPLOAD
from page.server.request_log import log_request

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric
    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from digit_model.serving.client import RecognizerClient

CANARY = Path(__file__).parents[2] / "examples" / "crossed-seven.jpg"
CANARY_SECONDS = 5.0  # within which it has to be read
# Kinds of requests by the beginning of their paths; all others are the page's own.
KINDS = {
    SERVER_FUNCTIONS: "live",
    **dict.fromkeys((*ANSWERED, STREAMED), "api"),
    QUEUE: "queue",
    UPLOAD: "upload",
    MCP: "mcp",
}
CLIENT_LEFT = 499  # stands for the status of a request that nobody waits for any more
BUCKETS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds


class Monitoring:
    """Counts requests, and says how server and workers are."""

    def __init__(self, recognizer: RecognizerClient) -> None:
        self._recognizer = recognizer
        self._canary: asyncio.Task[str | None] | None = None
        self._registry = CollectorRegistry()
        self._registry.register(WorkerCollector(recognizer))
        self._requests = Counter(
            "digit_requests", "Requests by status", ("kind", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "digit_request_seconds",
            "Time until the whole answer was sent",
            ("kind",),
            buckets=BUCKETS,
            registry=self._registry,
        )

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/healthz", self.healthz),
            Route("/readyz", self.readyz),
            *(Route(path, self.metrics) for path in ("/metrics", "/metrics/")),
        ]

    @property
    def middleware(self) -> list[Middleware]:
        return [Middleware(RequestCounter, monitoring=self)]

    async def healthz(self, request: Request) -> JSONResponse:
        """200 as long as the server answers."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, request: Request) -> JSONResponse:
        """200 if all workers are there and a canary digit is read, else 503 with the reason.

        Workers that have ended are started again.
        """
        for worker in self._recognizer.workers:
            worker.revive()
        dead = sum(not worker.is_alive() for worker in self._recognizer.workers)
        problem = f"{dead} workers are being started" if dead else await self._canary_problem()
        body = {"status": "not ready", "reason": problem} if problem else {"status": "ready"}
        return JSONResponse(body, 503 if problem else 200)

    async def metrics(self, request: Request) -> Response:
        """All figures, in the text format of Prometheus."""
        return Response(generate_latest(self._registry), media_type=CONTENT_TYPE_LATEST)

    async def _canary_problem(self) -> str | None:
        """Those who ask at the same time share one canary: whoever asks often takes no more."""
        if self._canary is None or self._canary.done():
            self._canary = asyncio.create_task(self._read_canary())
        return await asyncio.shield(self._canary)

    async def _read_canary(self) -> str | None:
        try:
            answer = self._recognizer.recognize_drawing(CANARY.read_bytes())
            prediction, _ = await asyncio.wait_for(answer, CANARY_SECONDS)
        except TimeoutError:
            return f"the canary digit was not read within {CANARY_SECONDS:g} seconds"
        except ValueError as error:
            return str(error)
        if prediction.label != "7":
            return f"the canary digit, a 7, was read as {prediction.label}"
        return None

    def count(self, path: str, status: int, seconds: float, client: str) -> None:
        """Count and log a request that has been answered."""
        kind = next((kind for start, kind in KINDS.items() if path.startswith(start)), "page")
        self._requests.labels(kind, str(status)).inc()
        self._seconds.labels(kind).observe(seconds)
        log_request(kind, status, seconds, client)


class RequestCounter:
    """ASGI middleware that tells :class:`Monitoring` of each HTTP request."""

    def __init__(self, app: ASGIApp, monitoring: Monitoring) -> None:
        self._app, self._monitoring = app, monitoring

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start, status = time.perf_counter(), CLIENT_LEFT

        async def send_and_note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, send_and_note_status)
        except Exception:
            status = 500
            raise
        finally:
            seconds = time.perf_counter() - start
            self._monitoring.count(scope["path"], status, seconds, client_of(scope))


class WorkerCollector(Collector):
    """What the workers' side knows, read when somebody asks."""

    def __init__(self, recognizer: RecognizerClient) -> None:
        self._recognizer = recognizer

    def collect(self) -> Iterator[Metric]:
        recognizer = self._recognizer
        verdicts = CounterMetricFamily(
            "digit_verdicts", "Readings by verdict, of probes too", labels=["verdict"]
        )
        for verdict, count in recognizer.verdicts.items():
            verdicts.add_metric([verdict], count)
        yield verdicts
        waiting = GaugeMetricFamily("digit_waiting", "Pictures not begun", labels=["of"])
        for kind, count in recognizer.waiting.items():
            waiting.add_metric([kind], count)
        yield waiting
        workers = recognizer.workers
        alive = sum(worker.is_alive() for worker in workers)
        yield GaugeMetricFamily("digit_workers_alive", "Worker processes", value=alive)
        restarts = sum(worker.restarts for worker in workers)
        yield CounterMetricFamily("digit_worker_restarts", "Workers replaced", value=restarts)
        memory = GaugeMetricFamily(
            "digit_memory_bytes", "Resident memory; workers share some", labels=["process"]
        )
        for name, pid in [("server", "self"), *enumerated_pids(recognizer)]:
            if (resident := resident_bytes(pid)) is not None:
                memory.add_metric([name], resident)
        yield memory


def enumerated_pids(recognizer: RecognizerClient) -> list[tuple[str, str]]:
    """Names and ids of the workers that are there."""
    return [
        (f"worker {number}", str(worker.pid()))
        for number, worker in enumerate(recognizer.workers)
        if worker.pid() is not None
    ]


def resident_bytes(pid: str) -> int | None:
    """A process's resident memory, bytes; None where the system has no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return None
    lines = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return next((1024 * int(line.split()[1]) for line in lines), None)
