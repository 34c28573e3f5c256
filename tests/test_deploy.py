"""deploy/: its files agree with each other and with the app. As they run: cluster/test_nginx.py."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import yaml
from repository import ROOT

from digit_model.model_folder import CONFIG_FILE, TENSOR_FILES
from page.server.bodies import MAX_MCP_BYTES
from page.server.limits import Limits

DEPLOY = ROOT / "deploy"


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
    for name in (CONFIG_FILE, *TENSOR_FILES):  # without one of them the app doesn't start
        assert f"weights/{name}" in copied()


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
    calls, uploads = nginx_values("client_max_body_size")
    assert uploads == f"{Limits().max_batch_mb + 1}m"
    assert MAX_MCP_BYTES < int(calls.removesuffix("m")) << 20 < 2 * MAX_MCP_BYTES
    assert services["nginx"]["image"].partition(":")[2] != "latest"
    for app in (services["app1"], services["app2"]):
        assert (DEPLOY / app["build"]["context"] / app["build"]["dockerfile"]).is_file()
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in compose()["volumes"] or (DEPLOY / source).is_file()
