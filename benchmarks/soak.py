"""An hour of people who draw, of programs that call the API and send batches, at half load.

    python benchmarks/soak.py --json soak.json
    python benchmarks/soak.py --minutes 5      # a shorter one

Fifteen visitors draw (see visitors.py), which takes about half of two cores; one program uploads
a drawing every second and asks for its digit, another sends a batch of ten every five seconds.
Shows errors, and whether the memory that the processes allocate grows: its mean over the last tenth
of the time is compared with that over the second tenth, since caches fill at first.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from benchmark import benchmark_parser, write_figures
from load import BATCH_FILES, drawings
from running_app import serving
from visitors import Record, draw, percentiles

VISITORS = 15
CALL_SECONDS, BATCH_SECONDS = 1.0, 5.0  # between calls of the API, and between batches


async def call_endpoint(
    http: httpx.AsyncClient, endpoint: str, files: list[bytes], pause: float, record: Record
) -> None:
    """Upload one file or more and ask for their digits, again and again until cancelled."""
    while True:
        try:
            uploads = [("files", ("drawing.png", file)) for file in files]
            response = await http.post("/gradio_api/upload", files=uploads)
            paths = response.raise_for_status().json()
            images = [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]
            data: list[Any] = [images if len(images) > 1 else images[0], 3]
            response = await http.post(f"/gradio_api/run/{endpoint}", json={"data": data})
            response.raise_for_status()
            record.answers += 1
        except httpx.HTTPError as error:
            record.errors.append(repr(error))
        await asyncio.sleep(pause)


async def run(url: str, pid: int, minutes: float) -> tuple[Record, Record]:
    """What the visitors met, and what the programs met."""
    files, programs = drawings(), Record()
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30) as http:
        calls = [
            asyncio.create_task(call_endpoint(http, endpoint, some, pause, programs))
            for endpoint, some, pause in (
                ("recognize", files[:1], CALL_SECONDS),
                ("predict_batch", files[:BATCH_FILES], BATCH_SECONDS),
            )
        ]
        visitors = await draw(url, pid, VISITORS, minutes)
        for call in calls:
            call.cancel()
    return visitors, programs


def growth(megabytes: list[float]) -> float:
    """The last tenth's mean in relation to that of the second tenth: 0.01 is one per cent more."""
    tenth = max(1, len(megabytes) // 10)
    return float(np.mean(megabytes[-tenth:]) / np.mean(megabytes[tenth : 2 * tenth])) - 1


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--workers", default=str(os.cpu_count()), help="of the app (one a core)")
    options = parser.parse_args()
    start = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "--workers", str(options.workers)) as server,
    ):
        visitors, programs = asyncio.run(run(server.url, server.process.pid, options.minutes))
    figures = {
        "visitors": VISITORS,
        "minutes": round((time.monotonic() - start) / 60, 1),
        "drawings": len(visitors.pen_up_ms),
        "answers": visitors.answers,
        "calls": programs.answers,
        **percentiles(visitors),
        "errors": len(visitors.errors) + len(programs.errors),
        "memory_growth": round(growth(visitors.allocated), 4),
        "allocated_megabytes": [round(value) for value in visitors.allocated],
        "megabytes": [round(value) for value in visitors.megabytes],
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    for error in [*visitors.errors, *programs.errors][:1]:
        print("the first error:", error)
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
