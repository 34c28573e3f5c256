"""The servers that ours is compared with, for load.py; `python benchmarks/servers.py NAME PORT`.

- bare: the workers of our app behind a Starlette route, without Gradio and the page.
- starlette, flask: the same recogniser's whole answer, in one process.
- demo: a Flask app of the usual kind: Pillow, resized to 28×28, a small CNN, no preprocessing.
- gradio: a function with a constant answer, called with a file as `/recognize` is.
- page: the same function as an endpoint of our page, served as app.py serves it.
"""

from __future__ import annotations

import base64
import contextlib
import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does

import benchmark  # noqa: F401  (the project's modules)
from PIL import Image


def serve_bare(port: int) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import JSONResponse
    from starlette.routing import Route

    from digit_model.serving.client import WorkerClient
    from page.answer import full_answer
    from page.data_url import decode_data_url

    client = WorkerClient()
    client.load()

    async def recognize(request: Request) -> JSONResponse:
        body = await request.json()
        return JSONResponse(
            full_answer(*await client.recognize_drawing(decode_data_url(body["data"])))
        )

    app = Starlette(routes=[Route("/recognize", recognize, methods=["POST"])])
    with contextlib.closing(client):
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


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
    import gradio as gr

    with gr.Blocks(analytics_enabled=False) as demo:
        file, k, report = gr.File(visible=False), gr.Number(3, visible=False), gr.JSON()
        gr.on([], constant_answer, [file, k], report, api_name="recognize", queue=False)
    demo.launch(server_port=port, quiet=True)


def serve_page(port: int) -> None:
    import gradio as gr

    from app import build_demo
    from digit_model.serving.client import WorkerClient
    from page.api_types import JsonOutput, TopK
    from page.image_upload import ImageUpload
    from page.server.launch import serve
    from page.server.limits import Limits
    from page.server.monitoring import Monitoring
    from page.server.options import parse_options
    from page.server.upload_folder import open_upload_folder

    client, limits = WorkerClient(), Limits()
    with (
        contextlib.closing(client),
        open_upload_folder(max_mb=limits.max_temp_mb, minutes=limits.max_temp_minutes) as uploads,
    ):
        client.load()
        with build_demo(client) as demo:
            inputs = [ImageUpload(visible=False), TopK(3, visible=False)]
            gr.on(
                [],
                constant_answer,
                inputs,
                JsonOutput(visible=False),
                api_name="constant",
                queue=False,
                concurrency_limit=None,
            )
        options = parse_options(["--port", str(port)])
        serve(demo, Path("figures"), Monitoring(client), uploads, limits, options)


async def constant_answer(file: str, k: int) -> dict[str, Any]:
    return {"label": "7", "confidences": [{"label": str(n), "confidence": 0.1} for n in "123"]}


def answer_function() -> Callable[[str], dict[str, Any]]:
    from digit_model import DigitRecognizer
    from digit_model.serving.timed import TimedPrediction, predict_many
    from page.answer import full_answer
    from page.data_url import decode_data_url

    recognizer = DigitRecognizer.from_pretrained()

    def answer(data_url: str) -> dict[str, Any]:
        (reading,) = predict_many(recognizer, [decode_data_url(data_url)], top_k=10)
        assert isinstance(reading, TimedPrediction)
        return full_answer(reading.prediction, reading.milliseconds)

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
    "bare": serve_bare,
    "starlette": serve_starlette,
    "flask": serve_flask,
    "demo": serve_demo,
    "gradio": serve_gradio,
    "page": serve_page,
}


if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]))
