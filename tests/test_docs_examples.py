"""README and docs: their examples run as they stand."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from docs_pages import DOCS, PAGES, Block, blocks_of, commands, expand, table_rows
from gradio_client import Client
from hub_client import Client as HubClient
from hub_server import WRITE
from repository import ROOT
from running_app import Server

import train
from digit_model.__main__ import main

ADDRESS = "http://127.0.0.1:7860"  # of the server that the examples talk to
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
# What the examples in Python print, by a word in them; the first that is found counts.
PRINTED = {
    "ClientSession": r'"label": ?"7"',
    "AppError": r"^refused: .+\.$",
    "/recognize": r"^7 \[\{'label': '7'.*\ndigit 0\.\d+ [\d.]+\n\['7', '\d'\]\n"
    r"3450 0\.\d+ \[\[.+\]\]\n.+\.png$",
    "gradio_client": r"^7 \[\{'label': '7'",
    "push_to_hub": r"^True$",
    "cut_out": r"^3 1\.0$",
    "counterfactual": r"^9 0\.\d+\n\d [\d.]+ \d [\d.]+$",
    "explain": r"^\(28, 28\) -[\d.]+ [\d.]+ \(28, 28\)$",
    "ImageError": r"^7 \[\('7', .*\n\['digit', 'not_a_digit'\]\nrefused: .+\.$",
    "onnxruntime": r"^7$",
    "normalize_digit": r"^7 [01]\.\d+ [01]\.\d+$",
    "prediction.verdict": r"^digit 7 0\.99.*\n3450$",
    "read_number": r"^3450 0\.\d+\n3 \[.*\n4 \[.*\n5 \[.*\n0 \[",
}
PYTHON = [
    pytest.param(block, id=f"{block.page.stem}-{number}", marks=[pytest.mark.slow] * slow)
    for number, block in enumerate(block for block in BLOCKS if block.language == "python")
    if "push_to_hub" not in block.code  # that one has a test of its own
    for slow in [ADDRESS in block.code]  # and so starts a server
]


def expected_output(code: str) -> str:
    return next(pattern for word, pattern in PRINTED.items() if word in code)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that has what the examples read of the repository."""
    for name in ("examples", "weights", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", PYTHON)
def test_python(block: Block, clone: Path, request: pytest.FixtureRequest, capsys: Any) -> None:
    code = block.code
    if ADDRESS in code:
        code = code.replace(ADDRESS, request.getfixturevalue("server").url)
    if "onnx" in code:
        for words in [each for found in blocks_of(block.page) for each in commands(found.code)]:
            if words[:4] == ["python", "-m", "digit_model", "export"]:
                assert main(words[3:]) == 0
    compiled = compile(code, str(block.page), "exec")
    # In a thread of its own: where a browser is open, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(exec, compiled, {"__name__": "__main__"}).result()
    assert re.search(expected_output(code), capsys.readouterr().out, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.hub
def test_python_with_the_hub(client: HubClient) -> None:
    (block,) = [block for block in BLOCKS if "push_to_hub" in block.code]
    outcome = client.run(block.code, token=WRITE)
    assert outcome.status == 0, outcome.err
    assert re.search(expected_output(block.code), outcome.out, re.MULTILINE)


@pytest.mark.slow
def test_curl(server: Server) -> None:
    found = [block for block in BLOCKS if block.language == "sh" and "curl" in block.code]
    assert found
    for block in found:
        code = block.code.replace(ADDRESS, server.url)
        finished = subprocess.run(
            ["bash", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert json.loads(finished.stdout)["data"][0]["label"] == "7", finished.stderr


@pytest.mark.slow
def test_javascript(server: Server, tmp_path: Path) -> None:
    """It is parsed, not run: @gradio/client comes from npm, and the tests use no network."""
    node = shutil.which("node")
    assert node is not None, "Node.js, which `make` installs for the linter, parses the example"
    (block,) = [block for block in BLOCKS if block.language == "js"]
    file = tmp_path / "example.mjs"
    file.write_text(block.code, encoding="utf-8")
    checked = subprocess.run([node, "--check", file], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    calls = re.findall(r'client\.predict\("(/\w+)", \{ (.*?) \}\)', block.code)
    assert calls
    endpoints = public_endpoints(server)
    for name, options in calls:
        assert {option.partition(":")[0] for option in options.split(", ")} <= endpoints[name]


@pytest.mark.slow
def test_the_table_of_endpoints(server: Server) -> None:
    listed = {
        row["Endpoint"].strip("`"): set(re.findall(r"`(\w+)", row["In"]))
        for row in table_rows(DOCS / "api.md", "Endpoint").values()
    }
    assert listed == public_endpoints(server)


def public_endpoints(server: Server) -> dict[str, set[str]]:
    """The names of their parameters, by their own."""
    api = Client(server.url, verbose=False).view_api(print_info=False, return_format="dict")
    return {
        name: {parameter["parameter_name"] for parameter in endpoint["parameters"]}
        for name, endpoint in api["named_endpoints"].items()
    }


def test_predictions_on_the_command_line(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "".join(block.code for block in blocks_of(DOCS / "api.md") if block.language == "sh")
    lines: list[str] = []
    for words in commands(code):
        if words[:4] == ["python", "-m", "digit_model", "predict"]:
            assert main(expand(words[3:], clone)) == 0
            lines += capsys.readouterr().out.splitlines()
    assert "examples/crossed-seven.jpg: 7  [7 " in "\n".join(lines)
    assert json.loads(lines[-1])["verdict"] == "digit"


@pytest.mark.slow  # the training takes seconds
@pytest.mark.usefixtures("next_to_no_data")
def test_own_digits(mnist_folder: Path, clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawings = ROOT / "data" / "drawings"
    with (drawings / "labels.csv").open(encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            folder = clone / ("mine-aside" if number < 10 else "mine") / row["label"]
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(drawings / row["file"], folder / f"{number}.png")
    (clone / "mine" / "not a digit").mkdir()
    shutil.copy(ROOT / "examples" / "no-digit-at-all.jpg", clone / "mine" / "not a digit")

    lines = [words for block in blocks_of(DOCS / "own-digits.md") for words in commands(block.code)]
    training, *_ = [words[2:] for words in lines if words[:2] == ["python", "train.py"]]
    predictions = [words[3:] for words in lines if "predict" in words]
    assert train.main([*training, "--dry-run", "--data-dir", str(mnist_folder)]) == 0
    counts = re.search(r"(\d+) own digits and (\d+) that are none", capsys.readouterr().out)
    assert counts
    assert int(counts[1]) == 70 * int(counts[2]) > 0  # each is shown more than once
    assert [words[2] for words in predictions] == ["weights", "./runs/mine"]
    for words in predictions:
        assert main(expand(words, clone)) == 0
        assert capsys.readouterr().out.startswith("mine-aside/3/3.png: 3")
