"""Recognition on a Ray cluster of two machines, both on this one: one is killed under load."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import ray
import yaml
from drawings import drawing_of, load_drawings
from gradio_client import Client, handle_file
from http_calls import component_id
from processes import run_async
from pydantic import ValidationError
from ray import serve
from ray.cluster_utils import Cluster
from repository import ROOT
from running_app import free_port

from digit_model import DigitRecognizer, ImageError
from digit_model.cluster.client import ReplicaClient
from digit_model.cluster.deployment import DRAWINGS, FILES
from digit_model.serving import worker
from page.server.ray_app import Options, build

SEVEN = str(ROOT / "examples" / "crossed-seven.jpg")
CALLERS = 8
ANSWERS = 100  # before the machine is killed, and after

# Only the first machine has room for a page; each has one for replicas.
OPTIONS = Options(
    min_replicas=2, max_replicas=2, replica_cpus=0.25, pages=2, page_cpus=1.1, limits={}
)


class Machines:
    """The first has Ray's head and the pages; replicas are on both."""

    def __init__(self) -> None:
        options: dict[str, Any] = {"object_store_memory": 80_000_000}
        self._cluster = Cluster()
        self._cluster.add_node(num_cpus=4, include_dashboard=False, **options)
        self._second = self._cluster.add_node(num_cpus=1, **options)
        ray.init(self._cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        port = free_port()
        serve.start(http_options={"host": "127.0.0.1", "port": port}, proxy_location="HeadOnly")
        serve.run(build(OPTIONS))
        self.url = f"http://127.0.0.1:{port}"

    def client(self) -> ReplicaClient:
        drawings, files = (serve.get_deployment_handle(n, "default") for n in (DRAWINGS, FILES))
        return ReplicaClient(drawings, files, worker.load_without_limits(None), replicas=2)

    def kill_second(self) -> None:
        self._cluster.remove_node(self._second, allow_graceful=False)

    def close(self) -> None:
        ray.shutdown()
        self._cluster.shutdown()


@pytest.fixture(scope="module")
def machines() -> Iterator[Machines]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "disabled")  # it would write a token into the home folder
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        with contextlib.closing(Machines()) as both:
            yield both


def test_the_options_in_deploy_are_those_of_the_application() -> None:
    (application,) = yaml.safe_load((ROOT / "deploy" / "ray.yaml").read_text())["applications"]
    Options(**application["args"])
    assert application["import_path"] == f"{build.__module__}:{build.__name__}"
    Options(limits={"max_upload_mb": 5}, access={"allowed_hosts": "example.org"})
    for options in (
        {"replicas": 3},
        {"limits": {"max_uploads": 3}},
        {"limits": {"max_upload_mb": 0}},
        {"limits": {"max_upload_mb": 10**9}},
        {"access": {"host": "::"}},
        {"access": {"trusted_proxies": "nobody"}},
    ):
        with pytest.raises(ValidationError):
            Options(**options)


@pytest.mark.slow
def test_the_page_answers_and_keeps_its_visitors(machines: Machines) -> None:
    """A queued call takes several requests, which have to reach the same of two pages."""
    assert httpx.get(f"{machines.url}/readyz", timeout=30).json() == {"status": "ready"}
    closed = httpx.get(f"{machines.url}/pwa_icon/100000")
    assert closed.status_code == 404
    assert closed.headers["X-Content-Type-Options"] == "nosniff"
    pad = component_id(machines.url, "pad")
    drawing = drawing_of("3").data_url()
    call = {"component_id": pad, "fn_name": "recognize", "data": drawing, "session_hash": "s"}
    answer = httpx.post(f"{machines.url}/gradio_api/component_server/", json=call, timeout=30)
    assert answer.json()["label"] == "3"
    for visitor in range(4):
        client = Client(machines.url, headers={"X-Session-Id": f"visitor {visitor}"}, verbose=False)
        assert client.predict(handle_file(SEVEN), api_name="/predict")["label"] == "7"
    with pytest.raises(Exception, match="not a picture that can be read"):
        client.predict(handle_file(str(ROOT / "README.md")), api_name="/predict")


@pytest.mark.slow
def test_answers_are_those_of_the_recogniser(machines: Machines) -> None:
    client, recognizer = machines.client(), DigitRecognizer.from_pretrained()
    drawings = [drawing.png() for drawing in load_drawings()]

    async def ask() -> tuple[list[Any], list[Any], Any]:
        many = [*map(client.recognize_drawing, [*drawings, b"no picture"])]
        answers = await asyncio.gather(*many, return_exceptions=True)
        readings = [one async for one in client.read_files([SEVEN, b"", "/nowhere.png"])]
        return answers, readings, await client.explain(SEVEN, "1")

    answers, readings, evidence = run_async(ask())
    for drawing, answer in zip(drawings, answers, strict=False):
        expected = recognizer.predict(drawing, top_k=10)
        assert answer[0].label == expected.label
        assert answer[0].confidence == pytest.approx(expected.confidence, abs=1e-5)
    assert isinstance(answers[-1], ImageError)
    assert readings[0].prediction.label == "7"
    for one in readings[1:]:  # a sentence each
        assert str(one).endswith(".")
        assert ". " not in str(one)
    assert (evidence == recognizer.explain(SEVEN, "1")).all()
    assert client.verdicts["digit"] >= len(drawings)


@pytest.mark.slow
def test_all_are_answered_while_a_machine_dies(machines: Machines) -> None:
    client = machines.client()
    drawings = [drawing.png() for drawing in load_drawings()]
    labels: list[tuple[str, str | None]] = []

    async def call_until(count: int) -> None:
        while len(labels) < count:
            number = len(labels) % len(drawings)
            prediction, _ = await client.recognize_drawing(drawings[number])
            labels.append((load_drawings()[number].label, prediction.label))

    async def load() -> None:
        await asyncio.gather(*(call_until(ANSWERS) for _ in range(CALLERS)))
        callers = [asyncio.create_task(call_until(3 * ANSWERS)) for _ in range(CALLERS)]
        files = [asyncio.create_task(client.recognize_file(SEVEN)) for _ in range(CALLERS)]
        await asyncio.to_thread(machines.kill_second)
        await asyncio.gather(*callers)
        assert [(await file)[0].label for file in files] == ["7"] * CALLERS

    run_async(load())
    assert all(drawn == read for drawn, read in labels)
    assert httpx.get(f"{machines.url}/readyz", timeout=30).json() == {"status": "ready"}
