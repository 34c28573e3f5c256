"""The Space: what is uploaded starts, and is no more than what it needs."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client as GradioClient
from gradio_client import handle_file
from hub_client import Client, environment
from hub_server import READ, WRITE, HubServer
from huggingface_hub import metadata_load
from repository import ROOT
from running_app import START_SECONDS, free_port

from digit_model.hub.names import HubName
from digit_model.hub.space import files_of_space

pytestmark = pytest.mark.hub

WEIGHTS = {
    name: (ROOT / "weights" / name).read_bytes()
    for name in ("config.json", "ink.safetensors", "model.safetensors", "number.safetensors")
}
SEVEN = ROOT / "examples" / "crossed-seven.jpg"


def unpack(hub: HubServer, space: str, folder: Path) -> Path:
    for name, file in hub.repo(space, "spaces").files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
    return folder


@contextmanager
def started(tree: Path, **variables: str) -> Iterator[GradioClient]:
    """`python app.py` in the tree, with nothing of this repository to fall back on."""
    port = str(free_port())
    variables = {**variables, "GRADIO_SERVER_PORT": port, "PYTHONPATH": ""}
    log = tree.parent / f"{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=tree,
            env={**os.environ, **variables},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while "Running on local URL" not in log.read_text():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield GradioClient(f"http://127.0.0.1:{port}", verbose=False)
    finally:
        process.terminate()
        process.wait(timeout=120)


def recognize(app: GradioClient) -> dict[str, Any]:
    return app.predict(image=handle_file(str(SEVEN)), top_k=3, api_name="/recognize")


def test_what_is_published_starts(hub: HubServer, client: Client, tmp_path: Path) -> None:
    space = hub.new_name("space")
    outcome = client.command("publish-space", space, token=WRITE)
    assert outcome.status == 0, outcome.err
    assert f"/spaces/{space}" in outcome.out
    tree = unpack(hub, space, tmp_path / "space")
    names = {path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()}
    assert {"app.py", "requirements.txt", "README.md", "weights/model.safetensors"} <= names
    for name in names:
        assert not name.startswith(
            ("tests/", "data/", "docs/", "benchmarks/", "digit_model/training")
        )
        assert not name.endswith((".pyi", ".pyc", "train.py", "Makefile", "evaluation.py"))
    matter = metadata_load(tree / "README.md")
    assert matter
    card = (tree / "README.md").read_text()
    assert "# Handwritten digits" in card
    assert "](" not in card  # to files that aren't there
    assert matter["sdk"] == "gradio"
    assert f"gradio=={matter['sdk_version']}" in (tree / "requirements.txt").read_text()
    requirements = (tree / "requirements.txt").read_text().splitlines()
    assert all("==" in line for line in requirements if line and not line.startswith("#"))
    with started(tree, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path / "home")) as app:
        answer = recognize(app)
    assert answer["label"] == "7"
    assert answer["model"]["id"] == "weights"
    assert not list(tree.rglob("*.pyi"))  # Gradio would write them, each time for a second

    # Again, after somebody has added something, and a module of ours has gone.
    hub.add(space, {"secrets.txt": b"somebody's", "page/gone.py": b"old"}, "spaces")
    assert client.command("publish-space", space, token=WRITE).status == 0
    files = hub.repo(space, "spaces").files
    assert "secrets.txt" in files
    assert "page/gone.py" not in files
    commits = len(hub.repo(space, "spaces").titles)
    outcome = client.command("publish-space", space, token=WRITE)
    assert "Nothing has changed" in outcome.out
    assert len(hub.repo(space, "spaces").titles) == commits


def test_with_weights_from_the_hub(hub: HubServer, client: Client, tmp_path: Path) -> None:
    repo, space = hub.new_name(), hub.new_name("space")
    commit = hub.add(repo, WEIGHTS)
    outcome = client.command("publish-space", space, "--model", repo, "--private", token=WRITE)
    assert outcome.status == 0, outcome.err
    assert hub.repo(space, "spaces").private
    tree = unpack(hub, space, tmp_path / "space")
    assert not (tree / "weights").exists()
    matter = metadata_load(tree / "README.md")
    assert matter
    assert matter["models"] == [repo]
    (preload,) = matter["preload_from_hub"]
    name, files, revision = preload.split()
    assert (name, revision) == (repo, commit)
    # What the Hub does with that line while it builds the Space:
    home = environment(hub.url, tmp_path / "home", HF_TOKEN=READ)
    hf = Path(sys.executable).with_name("hf")
    command = [hf, "download", name, *files.split(","), "--revision", revision]
    subprocess.run(command, env=home, check=True, capture_output=True, timeout=300)
    hub.add(repo, {"config.json": b"changed since"})
    # And what the app then serves by default, whether there is a Hub or it refuses the token:
    show = "import digit_model; from page.server.options import parse_options; "
    show += "model = parse_options([]).model; "
    show += "found = digit_model.DigitRecognizer.from_pretrained(model); "
    show += "print(found.id, found.revision, found.sha256)"
    weights = hub.repo(repo).files["model.safetensors"]
    for offline in ("0", "1"):
        with hub.fault(401):
            run = subprocess.run(
                [sys.executable, "-c", show],
                env={**home, "HF_HUB_OFFLINE": offline, "PYTHONPATH": ""},
                cwd=tree,
                check=True,
                capture_output=True,
                text=True,
                timeout=300,
            )
        assert run.stdout.split() == [repo, commit, weights.sha256]


def test_a_source_tree_without_git_has_the_same_files(tmp_path: Path) -> None:
    model = HubName("user/digits", "0" * 40)
    for chosen in (None, model):
        files = files_of_space(ROOT, chosen)
        copy = tmp_path / str(chosen and "hub")
        for name, content in files_of_space(ROOT, None).items():
            path = copy / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        for junk in ("page/__pycache__/x.pyc", ".venv/page/y.html", "page/z.pyi", "notes.txt"):
            (copy / junk).parent.mkdir(parents=True, exist_ok=True)
            (copy / junk).write_bytes(b"junk")
        assert files_of_space(copy, chosen) == files
        assert "digit_model/serving/preload.py" in files  # no module imports it


def test_nothing_is_pinned_to_what_was_downloaded_before(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    hub.add(repo, WEIGHTS)
    assert client.load(repo).status == 0
    with hub.fault(500):
        outcome = client.command("publish-space", "user/late", "--model", repo, token=WRITE)
    assert outcome.status == 2
    assert f"which commit {repo} is now" in outcome.sentence


def test_what_is_refused(hub: HubServer, client: Client, tmp_path: Path) -> None:
    spaces = {name for kind, name in hub.repos if kind == "spaces"}
    broken = hub.new_name()
    hub.add(broken, {**WEIGHTS, "config.json": b"{}"})
    for arguments, token, part in (
        (["--model", str(ROOT / "weights")], WRITE, "is a folder on this machine"),
        (["--model", "user/missing"], WRITE, "no repository"),
        (["--model", broken], WRITE, "not a config"),
        ([], READ, "may not write"),
        ([], None, "needs a token"),
    ):
        outcome = client.command("publish-space", "user/refused", *arguments, token=token)
        assert outcome.status == 2
        assert part in outcome.sentence
    assert "named like user/repo" in client.command("publish-space", "x", token=WRITE).sentence
    assert {name for kind, name in hub.repos if kind == "spaces"} == spaces


def test_an_incomplete_copy_is_not_published(tmp_path: Path) -> None:
    from digit_model import ModelError

    for name in files_of_space(ROOT, None):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, path)
    shutil.rmtree(tmp_path / "weights")
    files_of_space(tmp_path, HubName("user/digits", "0" * 40))
    with pytest.raises(ModelError, match="weights/ is missing"):
        files_of_space(tmp_path, None)
