"""`python app.py` with the Hub behind it, and when it has gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client as GradioClient
from gradio_client import handle_file
from hub_client import environment
from hub_server import WRITE, HubServer
from processes import descendants
from repository import ROOT
from running_app import Server, serving

pytestmark = pytest.mark.hub

WEIGHTS = {
    name: (ROOT / "weights" / name).read_bytes()
    for name in ("config.json", "ink.safetensors", "model.safetensors", "number.safetensors")
}
SEVEN = handle_file(str(ROOT / "examples" / "crossed-seven.jpg"))


def api(server: Server) -> GradioClient:
    return GradioClient(server.url, verbose=False)


def variables(hub: HubServer, home: Path) -> dict[str, Any]:
    names = ("HF_ENDPOINT", "HF_HOME", "HF_HUB_DISABLE_XET", "HF_TOKEN", "DIGIT_HUB_TIMEOUT")
    values = environment(hub.url, home, HF_TOKEN=WRITE, DIGIT_HUB_TIMEOUT="2")
    return {name: values[name] for name in names}


def correct(client: GradioClient, label: str) -> Any:
    return client.predict(image=SEVEN, label=label, consent=True, api_name="/submit_correction")


def labels(hub: HubServer, repo: str) -> list[str]:
    files = hub.repo(repo, "datasets").files
    lines = [
        line
        for path, file in files.items()
        if path.endswith("metadata.jsonl")
        for line in file.content.decode().splitlines()
    ]
    assert len(lines) == sum(path.endswith(".png") for path in files)
    return sorted(line.split('"label": "')[1].split('"')[0] for line in lines)


def replace_first_worker(server: Server) -> None:
    """Kill the process that has loaded the weights before the others, and wait for another one."""
    drawings, _ = [pid for pid in descendants(server.process.pid) if not descendants(pid)][-2:]
    os.kill(drawings, signal.SIGKILL)
    deadline = time.monotonic() + 20
    while is_unready(server) or "A worker process has ended" not in server.log.read_text():
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.1)


def is_unready(server: Server) -> bool:
    return httpx.get(f"{server.url}/readyz", trust_env=False).status_code != 200


def test_weights_from_the_hub_and_corrections_to_it(hub: HubServer, tmp_path: Path) -> None:
    repo, data = hub.new_name(), hub.new_name("corrections")
    commit = hub.add(repo, WEIGHTS)
    hub.repo(repo).refs["refs/tags/v1"] = commit
    hub.add(repo, {"config.json": b"of the future"})
    options = ["--model", f"{repo}@v1", "--corrections", data]
    with serving(tmp_path, *options, **variables(hub, tmp_path / "home")) as server:
        app, loaded = api(server), len(hub.seen)
        answer = app.predict(image=SEVEN, top_k=3, api_name="/recognize")
        assert answer["label"] == "7"
        assert answer["model"]["id"] == repo
        assert answer["model"]["revision"] == commit
        page = httpx.get(f"{server.url}/config", trust_env=False).text
        assert f"in the data set <code>{data}</code> on the Hugging Face Hub" in page
        assert "in a folder on the machine that serves this page" not in page
        figure = httpx.get(f"{server.url}/figures/roc.png", trust_env=False)
        assert figure.status_code == 404  # the Hub's weights come without
        assert correct(app, "2")["label"] == "2"
        replace_first_worker(server)
        again = [asked.path for asked in hub.since(loaded) if repo in asked.path]
        assert again == []  # it has the weights that the others have, whatever the Hub has now
    assert labels(hub, data) == ["2"]  # sent when it was asked to stop

    # The Hub goes away, for the weights and for the corrections.
    with (
        hub.fault("drop"),
        serving(tmp_path, *options, **variables(hub, tmp_path / "home")) as server,
    ):
        log = server.log.read_text()
        assert "using what was downloaded before" in log
        assert "Traceback" not in log
        app = api(server)
        answer = app.predict(image=SEVEN, top_k=3, api_name="/recognize")
        assert answer["model"]["revision"] == commit
        correct(app, "not a digit")
    assert labels(hub, data) == ["2"]
    assert "1 correction not sent, kept in" in server.log.read_text()

    # It is back, with weights that are damaged: the last good ones serve, and nothing is lost.
    hub.repo(repo).refs["refs/tags/v1"] = hub.repo(repo).refs["refs/heads/main"]
    patient = {**variables(hub, tmp_path / "home"), "DIGIT_HUB_TIMEOUT": "60"}
    with serving(tmp_path, *options, **patient) as server:
        assert "Serving what was downloaded before" in server.log.read_text()
        app = api(server)
        answer = app.predict(image=SEVEN, top_k=3, api_name="/recognize")
        assert answer["model"]["revision"] == commit
        deadline = time.monotonic() + 20
        while labels(hub, data) != ["2", "not a digit"]:
            assert time.monotonic() < deadline, "it is not sent"
            time.sleep(0.1)

        # The app ends in time though the Hub doesn't answer; what it has acknowledged is kept.
        receipt = correct(app, "3")
        with hub.fault("silent", "/commit/"):
            server.process.terminate()
            assert server.process.wait(timeout=10) == 0
    (picture,) = (tmp_path / "home").rglob(f"{receipt['id']}.png")
    assert receipt["id"] in (picture.parent / "metadata.jsonl").read_text()
    assert "1 correction not sent, kept in" in server.log.read_text()
    assert "Traceback" not in server.log.read_text()


def test_no_weights_to_serve(hub: HubServer, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, str(ROOT / "app.py"), "--model", "user/missing"],
        env=environment(hub.url, tmp_path / "home"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.startswith("app.py: There is no folder user/missing here, and the Hub has no")
    assert run.stderr.count("\n") == 1
