"""deploy/: two processes behind nginx, with its very configuration and what the image holds."""

from __future__ import annotations

import contextlib
import getpass
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from gradio_client import Client, handle_file
from repository import ROOT
from running_app import clean_environment, free_port
from test_deploy import DEPLOY, copied, image_environment, instruction

SEVEN = ROOT / "examples" / "crossed-seven.jpg"
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
START_SECONDS = 90
VISITORS = 6  # each with an address
PASSERS_BY = 30  # addresses: with so many, each process gets some


@dataclass
class Deployment:
    url: str
    apps: list[subprocess.Popen[bytes]]
    image: Path  # all that the image holds of this repository
    uploads: list[Path]  # a folder for each process, as each container has its own

    def visitor(self, number: int) -> httpx.Client:
        """Somebody with an address of his own."""
        transport = httpx.HTTPTransport(local_address=f"127.0.0.{10 + number}")
        return httpx.Client(transport=transport, base_url=self.url, timeout=60)


def recognise(visitor: httpx.Client, content: bytes) -> str | None:
    """An upload, and a call that names it: both have to reach the same process."""
    uploaded = visitor.post("/gradio_api/upload", files={"files": ("seven.jpg", content)})
    (path,) = uploaded.raise_for_status().json()
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 3]
    answer = visitor.post("/gradio_api/run/recognize", json={"data": data})
    return answer.raise_for_status().json()["data"][0]["label"]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Two processes with what the image holds, and nginx with the very configuration."""
    assert NGINX is not None, "nginx, which `make nginx` installs, runs the configuration"
    folder = tmp_path_factory.mktemp("deployment")
    image = folder / "image"
    for source in copied():
        target = image / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix or (ROOT / source).is_file():
            shutil.copy(ROOT / source, target)
        else:
            shutil.copytree(ROOT / source, target, ignore=shutil.ignore_patterns("__pycache__"))
    ports, uploads = [free_port(), free_port()], [folder / "tmp1", folder / "tmp2"]
    with contextlib.ExitStack() as stack:
        apps = []
        for port, tmp in zip(ports, uploads, strict=True):
            tmp.mkdir()
            inside = {k: v.replace("/tmp", str(tmp)) for k, v in image_environment().items()}
            changed = {
                "GRADIO_SERVER_NAME": "127.0.0.1",
                "GRADIO_SERVER_PORT": str(port),
                "DIGIT_CORRECTIONS": str(tmp / "corrections"),
                "DIGIT_WORKERS": "1",
                "DIGIT_TRUSTED_PROXIES": "127.0.0.1",  # nginx, as in compose.yaml
                "TMPDIR": str(tmp),
            }
            process = subprocess.Popen(
                [sys.executable, *json.loads(instruction("CMD"))[1:]],
                cwd=image,
                env=clean_environment(**{**inside, **changed}),
                stdout=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.terminate)
            apps.append(process)
        for port in ports:
            wait_until_ready(f"http://127.0.0.1:{port}")
        port = free_port()
        text = (DEPLOY / "nginx.conf").read_text()
        for name, app_port in zip(("app1:7860", "app2:7860"), ports, strict=True):
            assert name in text
            text = text.replace(name, f"127.0.0.1:{app_port}")
        text = text.replace("listen 8080", f"listen 127.0.0.1:{port}").replace(
            "/tmp/", f"{folder}/"
        )
        (folder / "nginx.conf").write_text(text)
        command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", "stderr"]
        extra = ["-g", f"daemon off; user {getpass.getuser()};"]
        subprocess.run([*command, "-t", *extra], check=True, timeout=20)
        process = subprocess.Popen([*command, *extra])
        stack.callback(process.wait)
        stack.callback(process.terminate)
        wait_until_ready(f"http://127.0.0.1:{port}")
        yield Deployment(f"http://127.0.0.1:{port}", apps, image, uploads)


def wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{url}/readyz", timeout=10).status_code == 200:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{url} is not ready.")


def test_each_visitor_stays_with_one_process_and_there_are_visitors_at_both(
    deployment: Deployment,
) -> None:
    for number in range(VISITORS):
        with deployment.visitor(number) as visitor:
            assert [recognise(visitor, SEVEN.read_bytes()) for _ in range(2)] == ["7"] * 2
    for number in range(PASSERS_BY):
        with deployment.visitor(number) as visitor:
            visitor.post("/gradio_api/upload", files={"files": ("x.txt", bytes([number]))})
    assert all(any((tmp / "gradio").iterdir()) for tmp in deployment.uploads)


def test_queued_calls_are_answered_through_it(deployment: Deployment) -> None:
    client = Client(deployment.url, verbose=False)
    answer = client.predict(handle_file(str(SEVEN)), api_name="/predict")
    assert answer["label"] == "7"


def test_large_files_pass_and_larger_ones_are_told_so(deployment: Deployment) -> None:
    with deployment.visitor(0) as visitor:
        for size, reason in ((40, "not a picture"), (60, "The file is too large: 50 MB at most.")):
            upload = {"files": ("large.bin", b"x" * size * 10**6)}
            [path] = visitor.post("/gradio_api/upload", files=upload).json()
            file = {"path": path, "meta": {"_type": "gradio.FileData"}}
            answer = visitor.post("/gradio_api/run/predict", json={"data": [file, 3]})
            assert reason in answer.json()["error"]


def test_the_page_knows_its_address_and_strangers_don_t_see_the_metrics(
    deployment: Deployment,
) -> None:
    with deployment.visitor(0) as visitor:
        assert visitor.get("/config").json()["root"] == deployment.url
        forwarded = visitor.get("/config", headers={"X-Forwarded-Proto": "https"}).json()
        assert forwarded["root"] == deployment.url.replace("http:", "https:")
        for path in ("/metrics", "/metrics/"):
            assert visitor.get(path).status_code == 404


def test_nothing_is_written_beside_the_app(deployment: Deployment) -> None:
    assert files_below(deployment.image) == {
        path for source in copied() for path in files_below(ROOT / source)
    }


def files_below(place: Path) -> set[str]:
    """Names, without what Python and Gradio write where they can and else do without."""
    paths = [place] if place.is_file() else place.rglob("*")
    return {
        path.name
        for path in paths
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyi"
    }


def test_when_one_process_is_killed_its_visitors_go_on_with_the_other(
    deployment: Deployment,
) -> None:
    with contextlib.ExitStack() as stack:
        visitors = [stack.enter_context(deployment.visitor(n)) for n in range(VISITORS)]
        assert {recognise(visitor, SEVEN.read_bytes()) for visitor in visitors} == {"7"}
        deployment.apps[0].kill()
        deployment.apps[0].wait()
        for visitor in visitors:
            assert [recognise(visitor, SEVEN.read_bytes()) for _ in range(3)] == ["7"] * 3
