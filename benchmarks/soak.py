"""An hour of people who draw, of programs that call the API and send batches, at half load.

    python benchmarks/soak.py --json soak.json
    python benchmarks/soak.py --minutes 5      # a shorter one

Fifteen visitors draw (see visitors.py), which takes about half of two cores; one program uploads
a drawing every second and asks for its digit, another sends a batch of ten every five seconds.
Shows errors, and whether the memory that the processes allocate grows: its mean over the last tenth
of the time is compared with that over the second tenth, since caches fill at first.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import httpx  # noqa: E402  (these need the path above)
import numpy as np  # noqa: E402
from load import BATCH_FILES, drawings  # noqa: E402
from running_app import serving  # noqa: E402
from visitors import Record, draw, percentiles  # noqa: E402

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
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=60.0, help="how long (60)")
    parser.add_argument("--workers", default=str(os.cpu_count()), help="of the app (one a core)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
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
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
