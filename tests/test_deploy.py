"""deploy/: what the image holds is enough, and nginx keeps each visitor with one process."""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from conftest import ROOT, clean_environment, free_port
from gradio_client import Client, handle_file

from page.server.limits import Limits

DEPLOY = ROOT / "deploy"
SEVEN = ROOT / "examples" / "crossed-seven.jpg"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
START_SECONDS = 90
VISITORS = 6  # each with an address
PASSERS_BY = 30  # addresses: with so many, each process gets some


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's, with continued lines joined."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def instruction(name: str) -> str:
    (text,) = [text for each, text in instructions() if each == name]
    return text


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for word in instruction("ENV").split())


def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def nginx_values(directive: str) -> list[str]:
    text = (DEPLOY / "nginx.conf").read_text()
    return re.findall(rf"^\s*{directive} ([^;{{]+);", text, re.MULTILINE)


# ---- the files agree with each other and with the app


def test_the_image_is_pinned_and_not_root_and_starts_the_app() -> None:
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", instruction("FROM"))
    version = re.findall(r"3\.\d+", instruction("FROM"))[0]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={version}"
    user, _, group = instruction("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert json.loads(instruction("CMD")) == ["python", "app.py"]  # it gets the signals itself
    assert instruction("STOPSIGNAL") == "SIGTERM"
    assert "/readyz" in instruction("HEALTHCHECK")
    assert f":{image_environment()['GRADIO_SERVER_PORT']}/" in instruction("HEALTHCHECK")


def test_what_is_copied_is_there_and_not_left_out() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert "*" in ignored
    for source in copied():
        assert (ROOT / source).exists(), source
        assert f"!{source.rstrip('/')}" in ignored, source


def copied() -> list[str]:
    return [
        source for name, text in instructions() if name == "COPY" for source in text.split()[:-1]
    ]


def test_what_the_app_writes_is_in_memory_or_in_a_volume() -> None:
    environment = image_environment()
    assert json.loads(instruction("VOLUME")) == [environment["DIGIT_CORRECTIONS"]]
    for name in ("HOME", "HF_HOME", "GRADIO_TEMP_DIR"):
        assert environment[name].startswith("/tmp/")
    for service in ("app1", "app2"):
        app = compose()["services"][service]
        assert app["read_only"] is True
        (mount,) = app["tmpfs"]
        user, _, group = instruction("USER").partition(":")
        assert mount.startswith("/tmp:")
        assert f"uid={user},gid={group}" in mount
        assert app["volumes"] == [f"corrections:{environment['DIGIT_CORRECTIONS']}"]


def test_services_ports_and_sizes_agree() -> None:
    services = compose()["services"]
    port = image_environment()["GRADIO_SERVER_PORT"]
    servers = {value.split()[0] for value in nginx_values("server")}
    assert servers == {f"{name}:{port}" for name in services if name.startswith("app")}
    assert {*services["nginx"]["depends_on"]} == {server.partition(":")[0] for server in servers}
    (published,) = services["nginx"]["ports"]
    assert nginx_values("listen") == [published.partition(":")[2]]
    assert nginx_values("client_max_body_size") == [f"{Limits().max_upload_mb + 1}m"]
    assert services["nginx"]["image"].partition(":")[2] != "latest"
    for app in (services["app1"], services["app2"]):
        assert (DEPLOY / app["build"]["context"] / app["build"]["dockerfile"]).is_file()
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in compose()["volumes"] or (DEPLOY / source).is_file()


# ---- as they run


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


@pytest.mark.slow
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


@pytest.mark.slow
def test_queued_calls_are_answered_through_it(deployment: Deployment) -> None:
    client = Client(deployment.url, verbose=False)
    answer = client.predict(handle_file(str(SEVEN)), api_name="/predict")
    assert answer["label"] == "7"


@pytest.mark.slow
def test_large_files_pass_and_larger_ones_don_t(deployment: Deployment) -> None:
    with deployment.visitor(0) as visitor:
        megabyte = b"x" * 2**20
        for size, status in ((40, 200), (60, 413)):
            upload = {"files": ("large.bin", size * megabyte)}
            assert visitor.post("/gradio_api/upload", files=upload).status_code == status


@pytest.mark.slow
def test_the_page_knows_its_address_and_strangers_don_t_see_the_metrics(
    deployment: Deployment,
) -> None:
    with deployment.visitor(0) as visitor:
        assert visitor.get("/config").json()["root"] == deployment.url
        forwarded = visitor.get("/config", headers={"X-Forwarded-Proto": "https"}).json()
        assert forwarded["root"] == deployment.url.replace("http:", "https:")
        for path in ("/metrics", "/metrics/"):
            assert visitor.get(path).status_code == 404


@pytest.mark.slow
def test_nothing_is_written_beside_the_app(deployment: Deployment) -> None:
    written = [path for path in deployment.image.rglob("*") if path.is_file()]
    expected = sum(
        1 if (ROOT / source).is_file() else sum(path.is_file() for path in files_below(source))
        for source in copied()
    )
    assert len(written) == expected


def files_below(source: str) -> list[Path]:
    return [path for path in (ROOT / source).rglob("*") if "__pycache__" not in path.parts]


@pytest.mark.slow
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
