"""How many answers a second the servers give, and how late: ours beside simple ones.

    python benchmarks/load.py --seconds 8 --json load.json

Needs wrk (Debian: apt-get install wrk) and Flask. Each server runs alone, one after the other in
one run, on the same machine as wrk, which shares its cores: believe the ratios. All get the same
forty drawings of 280×280 pixels.

- ours, live: the route that the pad asks while one draws.
- ours, file: `/run/recognize` on an uploaded drawing; "gradio" is a function that returns a
  constant, in the same Gradio, called in the same way.
- starlette, flask: the same recogniser's whole answer, in one process, without Gradio.
- demo: a Flask app of the usual kind: Pillow, resized to 28×28, a small CNN, no preprocessing.
"""

from __future__ import annotations

import argparse
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
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import httpx  # noqa: E402  (these need the path above)
from PIL import Image  # noqa: E402

DRAWINGS = 40
CONNECTIONS = (1, 8, 32, 100)
START_SECONDS = 60

# wrk asks for the bodies in the file in turn.
LUA = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local turn = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  turn = turn %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[turn])
end
"""


def drawings() -> list[bytes]:
    """PNG files as the pad sends them: opaque RGBA, dark ink on white."""
    from digit_model.data.rendering import render
    from digit_model.data.strokes import pen_digits

    digits = pen_digits("development")
    files = []
    for digit in digits[:: len(digits) // DRAWINGS][:DRAWINGS]:
        grey = 255 - render(digit.drawing, canvas=280, height=0.6, pen_width=0.09)
        buffer = io.BytesIO()
        Image.fromarray(grey).convert("RGBA").save(buffer, "PNG")
        files.append(buffer.getvalue())
    return files


# ---- the servers beside ours, each started as `python benchmarks/load.py serve NAME PORT`


def serve_starlette(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.concurrency import run_in_threadpool
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    answer = answer_function()

    async def recognize(request: Request) -> JSONResponse:
        body = await request.json()
        return JSONResponse(await run_in_threadpool(answer, body["data"]))

    app = Starlette(routes=[Route("/recognize", recognize, methods=["POST"])])
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def serve_flask(port: int) -> None:
    run_flask(port, answer_function())


def serve_demo(port: int) -> None:
    """The network and the preprocessing that most published demos have."""
    import torch
    from torch import nn
    from torchvision import transforms

    torch.set_num_threads(1)
    network = nn.Sequential(
        *(nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(64 * 7 * 7, 128), nn.ReLU(), nn.Linear(128, 10)),
    ).eval()  # 421,642 parameters
    to_input = transforms.Compose(
        [transforms.Grayscale(), transforms.Resize((28, 28)), transforms.ToTensor()]
    )

    def answer(data_url: str) -> dict[str, Any]:
        picture = Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2])))
        with torch.no_grad():
            shares = network(1 - to_input(picture.convert("RGB"))[None]).softmax(1)[0]
        return {"label": int(shares.argmax()), "probabilities": shares.tolist()}

    run_flask(port, answer)


def serve_gradio(port: int) -> None:
    """A function with a constant answer, called with a file as ours is."""
    import gradio as gr

    constant = {"label": "7", "confidences": [{"label": str(n), "confidence": 0.1} for n in "123"]}
    with gr.Blocks(analytics_enabled=False) as demo:
        file, k, report = gr.File(visible=False), gr.Number(3, visible=False), gr.JSON()
        gr.on([], lambda file, k: constant, [file, k], report, api_name="recognize", queue=False)
    demo.launch(server_port=port, quiet=True)


def answer_function() -> Callable[[str], dict[str, Any]]:
    from digit_model import DigitRecognizer
    from digit_model.reading import read
    from page.answer import full_answer
    from page.data_url import decode_data_url

    recognizer = DigitRecognizer.from_pretrained()

    def answer(data_url: str) -> dict[str, Any]:
        _, prediction, milliseconds = read(recognizer, decode_data_url(data_url), top_k=10)
        return full_answer(prediction, milliseconds)

    return answer


def run_flask(port: int, answer: Callable[[str], dict[str, Any]]) -> None:
    import logging

    from flask import Flask, jsonify, request

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    app = Flask(__name__)

    @app.post("/recognize")
    def recognize() -> Any:
        return jsonify(answer(request.json["data"]))

    app.run("127.0.0.1", port, threaded=True)


SERVERS = {
    "starlette": serve_starlette,
    "flask": serve_flask,
    "demo": serve_demo,
    "gradio": serve_gradio,
}


# ---- measuring


@contextlib.contextmanager
def running(command: list[str], folder: Path) -> Iterator[str]:
    """A server's address, until the block ends."""
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
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def bodies_for_pad(url: str, files: list[bytes]) -> list[str]:
    components = httpx.get(f"{url}/config", trust_env=False).json()["components"]
    pad = next(part["id"] for part in components if part["props"].get("elem_id") == "pad")
    request = {"session_hash": "load", "component_id": pad, "fn_name": "recognize"}
    return [json.dumps(request | {"data": data_url(file)}) for file in files]


def bodies_for_files(url: str, files: list[bytes]) -> list[str]:
    bodies = []
    for file in files:
        upload = {"files": ("drawing.png", file)}
        (path,) = httpx.post(f"{url}/gradio_api/upload", files=upload, trust_env=False).json()
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 3]
        bodies.append(json.dumps({"data": data}))
    return bodies


def data_url(file: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(file).decode()


def measure(address: str, bodies: list[str], connections: int, seconds: int) -> dict[str, float]:
    """Answers a second, latencies in ms, and how many requests failed."""
    with tempfile.TemporaryDirectory() as folder:
        lines, script = Path(folder) / "bodies.txt", Path(folder) / "wrk.lua"
        lines.write_text("\n".join(bodies) + "\n")
        script.write_text(LUA % lines)
        options = ["-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "20s"]
        printed = subprocess.run(
            ["wrk", *options, "-s", str(script), address],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}
    latency = {
        f"p{percent}": float(value) * unit[name]
        for percent, value, name in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s)\n", printed)
    }
    failed = re.findall(r"Non-2xx or 3xx responses: (\d+)|timeout (\d+)", printed)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", printed)
    assert rate is not None, printed
    return {
        "per_second": float(rate[1]),
        **{f"{name}_ms": round(value, 1) for name, value in latency.items()},
        "failed": sum(int(a or b) for a, b in failed),
    }


def measure_all(
    url: str, path: str, bodies: list[str], seconds: int, name: str
) -> dict[str, dict[str, float]]:
    figures = {}
    measure(url + path, bodies, 8, 2)  # not counted
    for connections in CONNECTIONS:
        figures[str(connections)] = measure(url + path, bodies, connections, seconds)
        print(f"{name}, {connections} connections: {figures[str(connections)]}", flush=True)
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=8, help="for each figure (8)")
    parser.add_argument("--workers", default=str(os.cpu_count()), help="of ours (one a core)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        parser.error("wrk is not installed (Debian: apt-get install wrk)")
    files = drawings()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        app = [str(ROOT / "app.py"), "--workers", options.workers, "--port"]
        with running(app, folder) as url:
            figures["ours, live"] = measure_all(
                url,
                "/gradio_api/component_server/",
                bodies_for_pad(url, files),
                options.seconds,
                "ours, live",
            )
            figures["ours, file"] = measure_all(
                url,
                "/gradio_api/run/recognize",
                bodies_for_files(url, files),
                options.seconds,
                "ours, file",
            )
        for server in SERVERS:
            with running([__file__, "serve", server], folder) as url:
                if server == "gradio":
                    path, bodies = "/gradio_api/run/recognize", bodies_for_files(url, files)
                else:
                    bodies = [json.dumps({"data": data_url(file)}) for file in files]
                    path = "/recognize"
                figures[server] = measure_all(url, path, bodies, options.seconds, server)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        SERVERS[sys.argv[2]](int(sys.argv[3]))
    else:
        main()
