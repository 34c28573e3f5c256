"""The examples in README.md run as they stand, against a server on another port."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Server

ROOT = Path(__file__).parents[1]


def blocks(language: str, containing: str) -> list[str]:
    found = re.findall(rf"```{language}\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    return [block for block in found if containing in block]


def run(command: list[str]) -> str:
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_python_client(server: Server) -> None:
    (example,) = blocks("python", "gradio_client")
    output = run([sys.executable, "-c", example.replace("http://127.0.0.1:7860", server.url)])
    assert output.splitlines()[-2].startswith("7 [{'label': '7'")
    assert output.splitlines()[-1].startswith("digit ")


def test_curl(server: Server) -> None:
    (example,) = blocks("sh", "curl")
    output = run(["bash", "-c", example.replace("http://127.0.0.1:7860", server.url)])
    assert json.loads(output)["data"][0]["label"] == "7"


def test_package() -> None:
    (example,) = blocks("python", "from_pretrained")
    assert run([sys.executable, "-c", example + "\nprint(prediction.label)"]).strip() == "7"


@pytest.mark.parametrize("command", ["python -m digit_model predict"])
def test_command_line(command: str) -> None:
    (example,) = blocks("sh", command)
    lines = run(["bash", "-c", example.replace("python", sys.executable, 1)]).splitlines()
    answers = {Path(line.split(": ")[0]).stem: line.split(": ")[1].split("  ")[0] for line in lines}
    assert answers["crossed-seven"] == "7"
    assert answers["no-digit-at-all"] == "not a digit"
