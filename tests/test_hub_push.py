"""Weights to the Hub: one commit with everything, or none and a sentence."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hub_client import Client, environment
from hub_server import OTHER, READ, WRITE, HubServer
from huggingface_hub import ModelCard
from repository import ROOT

pytestmark = pytest.mark.hub

WEIGHTS = ROOT / "weights"
LIMIT = 30  # seconds within which every failure has to have its sentence
NAMES = {
    ".gitattributes",
    "README.md",
    "config.json",
    "ink.safetensors",
    "metrics.json",
    "model.safetensors",
    "number.safetensors",
    *(f"figures/{path.name}" for path in (WEIGHTS / "figures").glob("*.png")),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(WEIGHTS, tmp_path / "weights")


def test_push_then_pull_from_an_empty_cache(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    hub.large.clear()  # so that something has to be uploaded
    mark = len(hub.seen)
    outcome = client.command("push", repo, token=WRITE)
    assert outcome.status == 0, outcome.err
    pushed = hub.repo(repo)
    assert len(pushed.titles) == 2  # the Hub's own first commit, and ours
    assert set(pushed.files) | {".gitattributes"} >= NAMES
    assert f"commit {pushed.refs['refs/heads/main']}" in outcome.out
    for name in ("config.json", "metrics.json", "model.safetensors"):
        assert pushed.files[name].content == (WEIGHTS / name).read_bytes()
    uploads = [seen for seen in hub.since(mark) if seen.storage]
    assert {seen.authorization for seen in uploads} == {None}
    assert not list((client.home / "hub").glob(f"*{repo.replace('/', '--')}*"))
    shipped, pulled = client.load(str(WEIGHTS)).value, client.load(repo).value
    assert pulled["logits"] == shipped["logits"]
    assert pulled["sha256"] == shipped["sha256"]
    assert pulled["revision"] == pushed.refs["refs/heads/main"]


def test_what_has_not_changed_makes_no_commit(hub: HubServer, client: Client, folder: Path) -> None:
    repo = hub.new_name()
    for expected in (2, 2):
        outcome = client.command("push", repo, "--model", folder, "--tag", "v1.0", token=WRITE)
        assert outcome.status == 0, outcome.err
        assert len(hub.repo(repo).titles) == expected
    assert "Nothing has changed" in outcome.out
    assert f"{hub.url}/{repo}, commit {hub.repo(repo).refs['refs/heads/main']}" in outcome.out
    outcome = client.command("push", repo, "--model", folder, "--create-pr", token=OTHER)
    assert "Nothing has changed" in outcome.out
    assert "discussions" not in outcome.out
    assert set(hub.repo(repo).refs) == {"refs/heads/main", "refs/tags/v1.0"}


def test_one_commit_replaces_and_deletes(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    theirs = {"notes.txt": b"somebody's", "my-figures/old.png": b"theirs", "figures.txt": b"theirs"}
    stale = {"figures/old.png": b"of earlier weights", "figures/more/old.png": b"of earlier ones"}
    same = {"config.json": (WEIGHTS / "config.json").read_bytes()}
    hub.add(repo, {**theirs, **stale, **same, "metrics.json": b"{}"})
    assert client.command("push", repo, token=WRITE).status == 0
    pushed = hub.repo(repo)
    assert len(pushed.titles) == 2
    assert set(pushed.files) == (NAMES - {".gitattributes"}) | set(theirs)
    # What hasn't changed is not sent again, and what nobody needs is deleted without anything new.
    hub.add(repo, {"figures/old.png": b"again"})
    mark = len(hub.seen)
    assert client.command("push", repo, token=WRITE).status == 0
    assert len(pushed.titles) == 4
    assert set(pushed.files) == (NAMES - {".gitattributes"}) | set(theirs)
    assert not any(seen.storage for seen in hub.since(mark))


def test_somebody_commits_at_the_same_time(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    hub.add(repo, {"README.md": b"mine"})
    mark = len(hub.seen)
    with hub.fault("delay", "/preupload/"), ThreadPoolExecutor(1) as thread:
        push = thread.submit(client.command, "push", repo, token=WRITE)
        while not any("/preupload/" in seen.path for seen in hub.since(mark)) and not push.done():
            time.sleep(0.01)
        theirs = hub.add(repo, {"README.md": b"theirs"})
        outcome = push.result()
    assert outcome.status == 2
    assert "has changed meanwhile" in outcome.sentence
    assert hub.repo(repo).refs["refs/heads/main"] == theirs


ROUND_TRIP = """
import numpy as np
from digit_model import DigitRecognizer, ModelError
shipped = DigitRecognizer.from_pretrained()
shipped.save_pretrained({folder!r})
url = DigitRecognizer.from_pretrained({folder!r}).push_to_hub({repo!r}, tag="v2", private=True)
pulled = DigitRecognizer.from_pretrained({repo!r}, "v2")
digits = np.random.default_rng(0).integers(0, 256, (40, 28, 28)).astype(np.uint8)
same = np.array_equal(pulled.logits(digits), shipped.logits(digits))
try:  # what was measured of them has not been pulled
    refused = pulled.push_to_hub({repo!r})
except ModelError as error:
    refused = str(error)
value = [url, same, pulled.sha256 == shipped.sha256, pulled.calibration == shipped.calibration]
value += [refused]
"""


def test_saved_pushed_and_pulled_again(hub: HubServer, client: Client, tmp_path: Path) -> None:
    repo, folder = hub.new_name(), tmp_path / "saved"
    outcome = client.run(ROUND_TRIP.format(folder=str(folder), repo=repo), token=WRITE)
    assert outcome.status == 0, outcome.err
    url, *same, refused = outcome.value
    assert url == f"{hub.url}/{repo}"
    assert same == [True] * 3
    assert "came without their metrics and model card" in refused
    pushed = hub.repo(repo)
    assert pushed.private
    assert len(pushed.titles) == 2
    assert set(pushed.files) == NAMES
    assert pushed.refs["refs/tags/v2"] == pushed.refs["refs/heads/main"]
    for name in NAMES - {".gitattributes", "README.md"}:
        assert pushed.files[name].content == (WEIGHTS / name).read_bytes()
        assert (folder / name).read_bytes() == (WEIGHTS / name).read_bytes()


def test_tag_private_and_pull_request(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    assert client.command("push", repo, "--private", "--tag", "v1.0", token=WRITE).status == 0
    pushed = hub.repo(repo)
    assert pushed.private
    assert pushed.refs["refs/tags/v1.0"] == pushed.refs["refs/heads/main"]

    hub.add(repo, {"config.json": b"{}"})
    outcome = client.command("push", repo, "--tag", "v1.0", token=WRITE)
    assert outcome.status == 2
    assert "has a tag v1.0 already" in outcome.sentence

    public = hub.new_name()
    head = hub.add(public, {"README.md": b"somebody else's"})
    outcome = client.command("push", public, "--create-pr", "--private", token=OTHER)
    assert outcome.status == 0, outcome.err
    assert "/discussions/1" in outcome.out
    assert "exists and is public" in outcome.err
    assert hub.repo(public).refs["refs/heads/main"] == head
    assert NAMES - {".gitattributes"} <= set(
        hub.repo(public).commits[hub.repo(public).refs["refs/pr/1"]]
    )
    assert client.command("push", public, "--create-pr", "--tag", "x", token=WRITE).status == 2


def test_the_model_card(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    assert client.command("push", repo, token=WRITE).status == 0
    text = hub.repo(repo).files["README.md"].content.decode()
    card = ModelCard(text)
    metrics = json.loads((WEIGHTS / "metrics.json").read_bytes())
    about: Any = card.data
    results = about.eval_results
    assert results
    assert results[0].dataset_type == "ylecun/mnist"
    assert results[0].metric_value == pytest.approx(
        metrics["digits"]["MNIST test"]["accuracy"], abs=1e-4
    )
    assert about.license == "cc-by-sa-3.0"
    assert "ylecun/mnist" in about.datasets
    assert "## Intended use and limits" in text
    (kept,) = re.findall("Only MNIST's test images.* are test data, for final measurements", text)
    assert "robustness" in kept
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert repo in code
    outcome = client.run(code)
    assert outcome.out.startswith("digit 7 "), outcome.err


def test_hf_can_use_what_was_pushed(hub: HubServer, client: Client, tmp_path: Path) -> None:
    repo = hub.new_name()
    assert client.command("push", repo, token=WRITE).status == 0

    def hf(*arguments: str | Path) -> str:
        run = subprocess.run(
            [str(Path(sys.executable).with_name("hf")), *map(str, arguments)],
            env=environment(hub.url, tmp_path, HF_TOKEN=WRITE),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert run.returncode == 0, run.stdout + run.stderr
        return run.stdout + run.stderr

    copy = tmp_path / "copy"
    hf("download", repo, "--local-dir", copy)
    hf("cache", "verify", repo, "--local-dir", copy, "--fail-on-missing-files")
    picture = ROOT / "examples" / "crossed-seven.jpg"
    assert ": 7 " in client.command("predict", "--model", copy, picture).out
    (tmp_path / "copy" / "extra.txt").write_text("more")
    hf("upload", repo, tmp_path / "copy" / "extra.txt", "extra.txt")
    assert hub.repo(repo).files["extra.txt"].content == b"more"
    assert client.load(repo).status == 0  # with it, as before


@pytest.mark.parametrize(
    ("token", "repo", "part"),
    [
        (None, "user/new", "needs a token"),
        ("hf_wrong", "user/new", "not valid"),
        (READ, "user/new", "may not write"),
        (WRITE, "new", "named like user/repo"),
        (WRITE, "user/new@main", "named like user/repo"),
        (WRITE, "user/bad..name", "can't be the name"),
    ],
)
def test_refused(hub: HubServer, client: Client, token: str | None, repo: str, part: str) -> None:
    outcome = client.command("push", repo, token=token)
    assert outcome.status == 2
    assert part in outcome.sentence
    assert ("models", repo) not in hub.repos
    assert outcome.seconds < LIMIT


def test_a_read_only_token_for_a_repository_that_exists(hub: HubServer, client: Client) -> None:
    repo = hub.new_name()
    head = hub.add(repo, {"README.md": b"mine"})
    outcome = client.command("push", repo, token=READ)
    assert outcome.status == 2
    assert "may not write" in outcome.sentence
    assert hub.repo(repo).refs["refs/heads/main"] == head


@pytest.mark.parametrize(
    ("kind", "where", "message", "part"),
    [
        ("silent", "/commit/", "", "does not answer"),
        ("silent", "PUT", "", "does not answer"),
        ("drop", "POST .*/commit/", "", "broke off"),
        ("drop", "PUT", "", "breaking the connection"),
        (500, "/commit/", "", "out of order"),
        (429, "/commit/", "", "too many requests"),
        (403, "/commit/", "Private repository storage limit reached", "quota is used up (Private"),
        (403, "PUT", "", "may not write"),
        (404, "/preupload/", "", "no repository"),
        (401, "/commit/", "", "not valid"),
        (412, "/commit/", "", "has changed meanwhile"),
    ],
)
def test_a_push_that_fails_says_what_it_leaves(
    hub: HubServer,
    client: Client,
    kind: str | int,
    where: str,
    message: str,
    part: str,
) -> None:
    new, old = hub.new_name(), hub.new_name()
    head = hub.add(old, {"README.md": b"as it was"})
    weights = (WEIGHTS / "model.safetensors").read_bytes()
    hub.large.pop(hashlib.sha256(weights).hexdigest(), None)  # so that they have to be uploaded
    with hub.fault(kind, where, message=message):
        outcome = client.command("push", new, token=WRITE, timeout="1")
        assert outcome.status == 2
        assert part in outcome.sentence
        assert f"{new} had been created by then" in outcome.sentence
        assert outcome.seconds < LIMIT
        assert set(hub.repo(new).files) == {".gitattributes"}
        if kind == 500:
            outcome = client.command("push", old, token=WRITE, timeout="1")
            assert part in outcome.sentence
            assert "created" not in outcome.sentence
            assert hub.repo(old).refs["refs/heads/main"] == head
    if kind == "drop":
        assert client.command("push", new, token=WRITE).status == 0  # as the sentence says


def test_large_files_that_are_not_taken(hub: HubServer, client: Client) -> None:
    for reason, part in (("Storage quota reached", "quota is used up"), ("No.", "large file (No)")):
        hub.full = reason
        try:
            outcome = client.command("push", hub.new_name(), token=WRITE)
        finally:
            hub.full = ""
        assert outcome.status == 2
        assert part in outcome.sentence


def test_folders_that_are_not_complete(client: Client, hub: HubServer, folder: Path) -> None:
    mark = len(hub.seen)
    metrics = folder / "metrics.json"
    report = json.loads(metrics.read_bytes())
    report["model"]["sha256"] = "0" * 64
    metrics.write_text(json.dumps(report))
    assert "other weights" in client.command("push", "user/x", "--model", folder).sentence
    config = (folder / "config.json").read_text()
    tried = json.loads(config)
    tried["number_training"]["dry_run"] = True
    (folder / "config.json").write_text(json.dumps(tried))
    assert "of a dry run" in client.command("push", "user/x", "--model", folder).sentence
    (folder / "config.json").write_text(config)
    metrics.write_text("no JSON")
    assert "damaged" in client.command("push", "user/x", "--model", folder).sentence
    (folder / "model.safetensors").write_bytes(b"other")
    assert "is not the file" in client.command("push", "user/x", "--model", folder).sentence
    assert "no folder" in client.command("push", "user/x", "--model", folder / "none").sentence
    assert hub.since(mark) == []  # all this is seen before anything goes out


def test_as_it_is_typed(hub: HubServer, tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "digit_model", "push", hub.new_name()],
        env=environment(hub.url, tmp_path, HF_TOKEN="hf_wrong"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 2
    assert run.stdout == ""
    assert run.stderr.count("\n") == 1
    assert run.stderr.startswith("digit_model: The token in HF_TOKEN")
