"""What strangers' files cost: each alone, and eight at once while somebody draws.

    python benchmarks/file_costs.py

First each file of tests/hostile_files.py is decoded in this process: seconds of the processor, and
megabytes at most beyond what it had. Then the app runs, eight files are sent at a time, and the
pad is asked every 50 ms. Memory is that of all its processes, what they share counted once.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import benchmark  # noqa: F401  (the project's modules)
import cv2
import hostile_files as hostile
import httpx
import numpy as np
from drawings import drawing_of
from processes import descendants
from running_app import Server, serving

from digit_model import ImageError
from digit_model.decode import decode

BOMBS_SENT = (
    "JPEG, 1000 scans",
    "GIF, comments of 25 MB",
    "PGM, white is 300",
    "PNG, a million private chunks",
    "JPEG, EXIF again and again",
    "BMP, run-length encoded",
    "PPM, in text",
    "TIFF, a tile of 46000 x 46000",
)
LARGE_SENT = ("PNG, RGBA", "WebP", "TIFF, floats", "JPEG, progressive")
ROUNDS_PER_MEASUREMENT = 6  # to measure memory holds the processes up


def megabytes(file: str, kind: str) -> int:
    return int(Path(file).read_text().split(f"{kind}:")[1].split()[0]) // 1024


def measure_alone(makers: dict[str, Callable[[], bytes]]) -> None:
    for name, make in makers.items():
        content = make()
        Path("/proc/self/clear_refs").write_text("5")  # sets the peak back
        before, start = megabytes("/proc/self/status", "VmRSS"), time.process_time()
        try:
            decode(content, max_side=640)
            outcome = "read"
        except ImageError as error:
            outcome = str(error)
        seconds = time.process_time() - start
        more = megabytes("/proc/self/status", "VmHWM") - before
        size = len(content) / 1e6
        print(f"{name:40} {size:6.1f} MB  {seconds:5.2f} s  +{more:3} MB  {outcome}", flush=True)


def send(api: str, content: bytes) -> None:
    with httpx.Client(timeout=120) as http:
        (path,) = http.post(f"{api}/upload", files={"files": ("picture", content)}).json()
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        http.post(f"{api}/run/recognize", json={"data": [file, 3]})


def measure_together(server: Server, what: str, files: list[bytes]) -> None:
    api = f"{server.url}/gradio_api"
    components = httpx.get(f"{server.url}/config").json()["components"]
    pad = next(part["id"] for part in components if "canvas" in str(part["props"]))
    question = {"data": drawing_of("7").data_url(), "component_id": pad, "session_hash": "x"}
    question["fn_name"] = "recognize_finished"
    processes = [server.process.pid, *descendants(server.process.pid)]
    threads = [threading.Thread(target=send, args=(api, content)) for content in files]
    milliseconds, most = [], 0
    with httpx.Client(timeout=60) as http:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            start = time.perf_counter()
            assert http.post(f"{api}/component_server/", json=question).json()["label"] == "7"
            milliseconds.append(1000 * (time.perf_counter() - start))
            if len(milliseconds) % ROUNDS_PER_MEASUREMENT == 1:
                most = max(
                    most, sum(megabytes(f"/proc/{p}/smaps_rollup", "Pss") for p in processes)
                )
            time.sleep(0.05)
    median, high = np.percentile(milliseconds, [50, 95])
    print(f"{what}: the pad answers in {median:.0f} ms (p95 {high:.0f}); {most} MB at most")


def main() -> None:
    cv2.setNumThreads(1)  # as in a worker
    measure_alone(hostile.BOMBS)
    measure_alone(hostile.LARGE)
    bombs = [hostile.BOMBS[name]() for name in BOMBS_SENT]
    large = 2 * [hostile.LARGE[name]() for name in LARGE_SENT]
    with serving(Path(tempfile.mkdtemp())) as server:
        measure_together(server, "Eight bombs", bombs)
        measure_together(server, "Eight of 64 megapixels", large)


if __name__ == "__main__":
    main()
