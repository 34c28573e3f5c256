"""How many drawings a second Ray Serve's replicas read, beside worker processes of this machine.

    python benchmarks/ray_serve.py --seconds 8 --json ray_serve.json

Needs requirements-ray.txt. The same callers ask for the same forty drawings, first worker processes
(digit_model/serving), then replicas (digit_model/cluster), one and two of each, without HTTP. The
callers' own process shares the cores: beside the answers stands what an answer costs of the
processors' time, in milliseconds, in each kind of process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does

import numpy as np
from benchmark import ROOT, benchmark_parser, write_figures
from load import drawings

from digit_model.serving.client import DRAWING_SECONDS, RecognizerClient, WorkerClient

CALLERS = 128  # at once, each waiting for its answer; enough for full batches at two replicas
COUNTS = (1, 2)  # of workers and of replicas
WARM_UP_SECONDS = 2
TICK = os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def workers(count: int) -> Iterator[RecognizerClient]:
    with contextlib.closing(WorkerClient(workers=count)) as client:
        client.load()
        yield client


@contextlib.contextmanager
def replicas(count: int) -> Iterator[RecognizerClient]:
    from ray import serve

    from digit_model.cluster.client import ReplicaClient
    from digit_model.cluster.deployment import CALLS_AT_A_REPLICA, Recognizer
    from digit_model.serving import worker

    deployment = Recognizer.options(  # type: ignore[attr-defined]  # the decorator's type is lost
        num_replicas=count,
        max_ongoing_requests=CALLS_AT_A_REPLICA,
        ray_actor_options={"num_cpus": 0.5},
    )
    handle = serve.run(deployment.bind(None, DRAWING_SECONDS), route_prefix=None)
    try:
        yield ReplicaClient(handle, handle, worker.load_without_limits(None), replicas=count)
    finally:
        serve.delete("default")


async def ask(client: RecognizerClient, files: list[bytes], seconds: float) -> list[float]:
    """Milliseconds that each answer took."""
    end, latencies = time.perf_counter() + seconds, []

    async def caller(number: int) -> None:
        while (start := time.perf_counter()) < end:
            number += 1
            await client.recognize_drawing(files[number % len(files)])
            latencies.append(1000 * (time.perf_counter() - start))

    await asyncio.gather(*map(caller, range(CALLERS)))
    return latencies


def processor_seconds() -> dict[str, float]:
    """Spent so far in this process and in those that it has started."""
    spent: defaultdict[str, float] = defaultdict(float)
    family = {os.getpid()}
    for folder in sorted(Path("/proc").glob("[0-9]*"), key=lambda folder: int(folder.name)):
        with contextlib.suppress(OSError):  # it has just ended
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_text()
            pid, parent = int(folder.name), int(fields[1])
            if pid == os.getpid():
                kind = "callers"
            elif parent not in family:
                continue
            elif "Recognizer" in command or "forkserver" in command:
                kind = "recognition"
            else:
                kind = "ray"
            family.add(pid)
            spent[kind] += (int(fields[11]) + int(fields[12])) / TICK
    return spent


def measure(client: RecognizerClient, files: list[bytes], seconds: float) -> dict[str, Any]:
    asyncio.run(ask(client, files, WARM_UP_SECONDS))
    before = processor_seconds()
    latencies = asyncio.run(ask(client, files, seconds))
    after = processor_seconds()
    return {
        "per_second": round(len(latencies) / seconds, 1),
        "p50_ms": round(float(np.percentile(latencies, 50)), 1),
        "p99_ms": round(float(np.percentile(latencies, 99)), 1),
        "processor_ms": {
            kind: round(1000 * (spent - before.get(kind, 0)) / len(latencies), 2)
            for kind, spent in after.items()
        },
    }


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="for each figure (8)")
    options = parser.parse_args()
    try:
        import ray
    except ImportError:
        parser.error("ray is not installed: pip install -r requirements-ray.txt")
    files = drawings()
    figures: dict[str, Any] = {}
    for kind in (workers, replicas):
        if kind is replicas:
            os.environ["PYTHONPATH"] = str(ROOT)  # for its processes
            ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        for count in COUNTS:
            with kind(count) as client:
                name = f"{count} {kind.__name__.removesuffix('' if count > 1 else 's')}"
                figures[name] = measure(client, files, options.seconds)
                print(f"{name}: {figures[name]}", flush=True)
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
