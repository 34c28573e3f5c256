"""How many answers a second the servers give, and how late: ours beside simple ones.

    python benchmarks/load.py --seconds 8 --json load.json

Needs wrk (Debian: apt-get install wrk) and Flask. Each server runs alone, one after the other in
one run, on the same machine as wrk, which shares its cores: believe the ratios. All get the same
forty drawings of 280×280 pixels.

- live: the route that the pad asks while one draws.
- file: `/run/recognize` on an uploaded drawing.
- mix: half the connections ask as pads do; the others call `/run/recognize`, upload files, and
  send batches of ten files to `/run/predict_batch`, all at once.
- the others: see servers.py.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from benchmark import ROOT, benchmark_parser, write_figures
from memory import megabytes
from PIL import Image
from servers import SERVERS

DRAWINGS = 40
CONNECTIONS = (1, 8, 32, 100, 300)
START_SECONDS = 60
BATCH_FILES = 10
BOUNDARY = "a-boundary"

# wrk asks for the bodies in the folder in turn, and prints a line of figures at the end.
LUA = """
local bodies = {}
for number = 1, %(count)d do
  local file = io.open("%(folder)s/" .. number, "rb")
  bodies[number] = file:read("*a")
  file:close()
end
local turn = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "%(content_type)s"
request = function()
  turn = turn %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[turn])
end
done = function(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    "FIGURES %%d %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""

Figures = dict[str, float]


@dataclass(frozen=True)
class Questions:
    """What wrk asks for again and again: a path, and bodies that take turns."""

    path: str
    bodies: Sequence[bytes]
    content_type: str = "application/json"


def drawings() -> list[bytes]:
    """PNG files as the pad sends them: RGB, dark ink on white."""
    from digit_model.data.rendering import render
    from digit_model.data.strokes import pen_digits

    digits = pen_digits("development")
    files = []
    for digit in digits[:: len(digits) // DRAWINGS][:DRAWINGS]:
        grey = 255 - render(digit.drawing, canvas=280, height=0.6, pen_width=0.09)
        buffer = io.BytesIO()
        Image.fromarray(grey).convert("RGB").save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[tuple[str, int]]:
    """A server's address and process id, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, *command, str(port)], cwd=folder, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{command} does not listen.")
            time.sleep(0.05)
        time.sleep(1)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait()


def pad_questions(url: str, files: list[bytes]) -> Questions:
    components = httpx.get(f"{url}/config", trust_env=False).json()["components"]
    pad = next(part["id"] for part in components if part["props"].get("elem_id") == "pad")
    request = {"session_hash": "load", "component_id": pad, "fn_name": "recognize"}
    bodies = [json.dumps(request | {"data": data_url(file)}).encode() for file in files]
    return Questions("/gradio_api/component_server/", bodies)


def plain_questions(files: list[bytes]) -> Questions:
    """For the servers that take a data URL and nothing else."""
    return Questions("/recognize", [json.dumps({"data": data_url(f)}).encode() for f in files])


def file_questions(url: str, files: list[bytes], endpoint: str = "recognize") -> Questions:
    bodies = [json.dumps({"data": [file, 3]}).encode() for file in uploaded(url, files)]
    return Questions(f"/gradio_api/run/{endpoint}", bodies)


def batch_questions(url: str, files: list[bytes]) -> Questions:
    body = json.dumps({"data": [uploaded(url, files[:BATCH_FILES]), 3]}).encode()
    return Questions("/gradio_api/run/predict_batch", [body])


def upload_questions(files: list[bytes]) -> Questions:
    bodies = [
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=files; filename=drawing.png\r\n"
        "Content-Type: image/png\r\n\r\n".encode()
        + file
        + f"\r\n--{BOUNDARY}--\r\n".encode()
        for file in files
    ]
    content_type = f"multipart/form-data; boundary={BOUNDARY}"
    return Questions("/gradio_api/upload", bodies, content_type)


def uploaded(url: str, files: list[bytes]) -> list[dict[str, Any]]:
    """Upload the files; what stands for them in a call."""
    uploads = [("files", ("drawing.png", file)) for file in files]
    paths = httpx.post(f"{url}/gradio_api/upload", files=uploads, trust_env=False).json()
    return [{"path": path, "meta": {"_type": "gradio.FileData"}} for path in paths]


def data_url(file: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(file).decode()


def measure(url: str, questions: Questions, connections: int, seconds: int) -> Figures:
    """Answers a second, latencies in ms, and how many requests failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, body in enumerate(questions.bodies, 1):
            (folder / str(number)).write_bytes(body)
        script = folder / "wrk.lua"
        values = {"folder": folder, "count": len(questions.bodies)}
        script.write_text(LUA % (values | {"content_type": questions.content_type}))
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s"]
        printed = subprocess.run(
            ["wrk", *options, "-s", str(script), url + questions.path],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    figures = re.search(r"FIGURES" + r" (\d+)" * 6, printed)
    assert figures is not None, printed
    requests, microseconds, failed, p50, p95, p99 = map(int, figures.groups())
    return {
        "per_second": round((requests - failed) / (microseconds / 1e6), 1),
        "p50_ms": round(p50 / 1000, 1),
        "p95_ms": round(p95 / 1000, 1),
        "p99_ms": round(p99 / 1000, 1),
        "failed": failed,
    }


def measure_all(url: str, questions: Questions, seconds: int, name: str) -> dict[str, Figures]:
    figures = {}
    measure(url, questions, 8, 2)  # not counted
    for connections in CONNECTIONS:
        figures[str(connections)] = measure(url, questions, connections, seconds)
        print(f"{name}, {connections} connections: {figures[str(connections)]}", flush=True)
    return figures


def measure_mix(url: str, files: list[bytes], seconds: int) -> dict[str, dict[str, Figures]]:
    kinds = {
        "live": (pad_questions(url, files), 0.5),
        "file": (file_questions(url, files), 0.3),
        "upload": (upload_questions(files), 0.1),
        "batch": (batch_questions(url, files), 0.1),
    }
    figures: dict[str, dict[str, Figures]] = {}
    for connections in CONNECTIONS[2:]:
        with ThreadPoolExecutor(len(kinds)) as threads:
            tasks = {
                name: threads.submit(measure, url, questions, round(share * connections), seconds)
                for name, (questions, share) in kinds.items()
            }
            figures[str(connections)] = {name: task.result() for name, task in tasks.items()}
        print(f"ours, mix, {connections} connections: {figures[str(connections)]}", flush=True)
    return figures


@contextlib.contextmanager
def highest_memory(pid: int, figures: dict[str, Any]) -> Iterator[None]:
    """Notes the most that the server takes in the block, in MB, each second."""
    figures["megabytes"] = {"at rest": round(megabytes(pid))}
    most, ended = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(1):
            most = max(most, megabytes(pid))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        figures["megabytes"]["most"] = round(most)


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--seconds", type=int, default=8, help="for each figure (8)")
    parser.add_argument("--workers", default=str(os.cpu_count()), help="of ours (one a core)")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (Debian: apt-get install wrk)")
    files, seconds = drawings(), options.seconds
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = [str(ROOT / "app.py"), "--workers", options.workers, "--port"]
        with running(app, folder) as (url, pid), highest_memory(pid, figures):
            figures["ours, live"] = measure_all(
                url, pad_questions(url, files), seconds, "ours, live"
            )
            figures["ours, file"] = measure_all(
                url, file_questions(url, files), seconds, "ours, file"
            )
            figures["ours, mix"] = measure_mix(url, files, seconds)
        for server in SERVERS:
            with running([str(ROOT / "benchmarks" / "servers.py"), server], folder) as (url, _):
                endpoint = {"gradio": "recognize", "page": "constant"}.get(server)
                questions = (
                    file_questions(url, files, endpoint) if endpoint else plain_questions(files)
                )
                figures[server] = measure_all(url, questions, seconds, server)
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
