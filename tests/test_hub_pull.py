"""Weights from the Hub: the right ones, whole, or a sentence. The client and the HTTP are real."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hub_client import Client, Outcome
from hub_server import OTHER, READ, HubServer
from repository import ROOT

from digit_model.hub.client import MAX_ATTEMPTS
from digit_model.model_folder import TENSOR_FILES
from digit_model.weights import FORMAT

pytestmark = pytest.mark.hub

FILES = {
    name: (ROOT / "weights" / name).read_bytes()
    for name in ("config.json", "ink.safetensors", "model.safetensors", "number.safetensors")
}
LIMIT = 30  # seconds within which every failure has to have its sentence


@pytest.fixture
def repo(hub: HubServer) -> str:
    name = hub.new_name()
    hub.add(name, FILES)
    return name


@pytest.fixture(scope="module", autouse=True)
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], list[Outcome]]]:
    """What a process with the usual patience says while the other tests run: of a host that is out
    of order, of one that is silent, and where there is none."""
    hub = HubServer()
    process = Client(hub.url, tmp_path_factory.mktemp("patient"), patient=True)

    def load() -> list[Outcome]:
        kinds: list[str | int] = [503, "silent"]
        outcomes = []
        for kind in kinds:
            with hub.fault(kind):
                outcomes.append(process.load("user/digits"))
        hub.close()
        return [*outcomes, process.load("user/digits")]

    with ThreadPoolExecutor(1) as thread:
        yield thread.submit(load).result
    process.close()


@pytest.fixture(scope="module")
def offline(hub: HubServer, client: Client) -> Iterator[Client]:
    """Another process with the same cache, which may not use the network."""
    process = Client(hub.url, client.home, HF_HUB_OFFLINE="1")
    yield process
    process.close()


def other_weights() -> dict[str, bytes]:
    """Weights that load, and aren't those of the repository: another threshold."""
    config = json.loads(FILES["config.json"])
    config["calibration"]["temperature"] += 0.5
    return {**FILES, "config.json": json.dumps(config).encode()}


def storage(client: Client, repo: str) -> Path:
    return client.home / "hub" / f"models--{repo.replace('/', '--')}"


def test_branch_tag_and_commit(hub: HubServer, client: Client, offline: Client, repo: str) -> None:
    first = hub.repo(repo).refs["refs/heads/main"]
    hub.repo(repo).refs["refs/tags/v1.0"] = first
    second = hub.add(repo, other_weights())
    hub.repo(repo).refs["refs/heads/next/one"] = second
    shipped = client.load(str(ROOT / "weights")).value
    for name, commit in (
        ((repo,), second),
        ((f"{repo}@v1.0",), first),
        ((repo, "v1.0"), first),
        ((repo, first), first),
        ((f"{repo}@next/one",), second),
    ):
        for process in (client, offline):
            outcome = process.load(*name)
            assert outcome.status == 0, outcome.err
            assert outcome.value["id"] == repo
            assert outcome.value["revision"] == commit
            assert outcome.value["logits"] == shipped["logits"]
            assert bool(outcome.value["notice"]) == (process is offline and name != (repo, first))


def test_only_these_files_are_downloaded(hub: HubServer, client: Client, repo: str) -> None:
    hub.add(repo, {"pytorch_model.bin": b"pickle", "README.md": b"card", "code.py": b"import os"})
    mark = len(hub.seen)
    assert client.load(repo).status == 0
    downloads = {
        seen.path.rsplit("/", 1)[-1] for seen in hub.since(mark) if "/resolve/" in seen.path
    }
    assert downloads == set(FILES)


def test_a_cached_commit_costs_no_request(hub: HubServer, client: Client, repo: str) -> None:
    commit = client.load(repo).value["revision"]
    mark = len(hub.seen)
    assert client.load(repo, commit).value["revision"] == commit
    assert hub.since(mark) == []
    assert client.load(repo).value["revision"] == commit
    assert len(hub.since(mark)) == 1  # which commit is main now?


def test_the_default_weights_ask_nobody(hub: HubServer, client: Client) -> None:
    mark = len(hub.seen)
    assert client.load().value["id"] == "weights"
    assert hub.since(mark) == []


def test_the_token_reaches_the_hub_and_not_the_host_of_downloads(
    hub: HubServer, client: Client
) -> None:
    repo = hub.new_name()
    hub.add(repo, FILES, private=True)
    mark = len(hub.seen)
    assert client.load(repo, token=READ).status == 0
    at_hub = [seen for seen in hub.since(mark) if not seen.storage]
    at_storage = [seen for seen in hub.since(mark) if seen.storage]
    assert at_hub
    assert at_storage
    assert {seen.authorization for seen in at_hub} == {f"Bearer {READ}"}
    assert {seen.authorization for seen in at_storage} == {None}


@pytest.mark.parametrize("what", ["flip", "cut"])
@pytest.mark.parametrize("file", ["config.json", *TENSOR_FILES])
def test_a_file_that_arrives_damaged_is_refused_and_not_kept(
    hub: HubServer, client: Client, repo: str, what: str, file: str
) -> None:
    oid = hub.repo(repo).files[file].sha256
    with hub.fault(what, f"GET .*({file}|/{oid})"):
        outcome = client.load(repo)
    assert outcome.status == 2
    assert repo in outcome.sentence
    assert ("not the file that the Hub has" if what == "flip" else "cut short") in outcome.sentence
    assert client.load(repo).status == 0  # next time it is downloaded again


@pytest.mark.parametrize("file", ["config.json", *TENSOR_FILES])
def test_a_file_that_changes_on_the_disk_is_noticed(
    hub: HubServer, client: Client, offline: Client, repo: str, file: str
) -> None:
    commit = client.load(repo).value["revision"]
    path = storage(client, repo) / "snapshots" / commit / file
    content = path.read_bytes()
    at = content.index(b"0.3") + 2 if file == "config.json" else len(content) // 2
    path.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    for process in (client, offline):
        outcome = process.load(repo)
        assert outcome.status == 2
        assert "changed on this disk" in outcome.sentence
        assert str(path.resolve()) in outcome.sentence
    path.resolve().unlink()  # as it says
    assert client.load(repo).status == 0


@pytest.mark.parametrize("times", [1, 2])
def test_a_download_that_breaks_off_is_taken_up_again(
    hub: HubServer, client: Client, repo: str, times: int
) -> None:
    mark = len(hub.seen)
    with hub.fault("drop", f"GET /{hub.repo(repo).files['model.safetensors'].sha256}", times=times):
        assert client.load(repo).status == 0
    # The other two networks come at once.
    assert sum(seen.storage for seen in hub.since(mark)) == times + len(TENSOR_FILES)


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_passing_fault_is_sat_out(hub: HubServer, client: Client, repo: str, status: int) -> None:
    with hub.fault(status, "HEAD", times=1):
        assert client.load(repo).status == 0


def test_failures_have_a_sentence_each(hub: HubServer, client: Client, repo: str) -> None:
    private, gated, bare = hub.new_name(), hub.new_name(), hub.new_name()
    hub.add(private, FILES, private=True)
    hub.add(gated, FILES, gated=True)
    hub.add(bare, {"README.md": b"nothing"})
    for name, token, part in (
        (
            "user/missing",
            None,
            "There is no folder user/missing here, and the Hub has no repository",
        ),
        ("user/missing@main", OTHER, "The Hub has no repository user/missing@main"),
        (private, None, "log in"),
        (private, OTHER, "may not see it"),
        (gated, None, "is gated"),
        (gated, OTHER, "is gated"),
        (repo, "hf_wrong", "not valid"),
        (f"{repo}@v9", None, "no such branch, tag or commit"),
        (f"{repo}@{'0' * 40}", None, "no such branch, tag or commit"),
        (bare, None, "config.json is missing"),
        ("user/bad..name", None, "can't be the name"),
        (f"{repo}@", None, "is empty"),
        (f"{repo}@../../x", None, "can't be the name"),
    ):
        outcome = client.load(name, token=token)
        assert outcome.status == 2, name
        assert part in outcome.sentence, name
        assert outcome.sentence.count("\n") == 0
        assert outcome.seconds < LIMIT


@pytest.mark.parametrize(
    ("kind", "where", "part"),
    [
        ("silent", "HEAD .*config", "does not answer"),
        ("silent", "GET /[0-9a-f]{64}", "does not answer"),
        ("drip", "/api/models", "next to nothing"),
        ("drop", "", "broke off"),
        ("drop", "GET /[0-9a-f]{64}", "breaking the connection"),
        (403, "/api/models", "may not read"),
        (429, "/api/models", "too many requests"),
        (429, "HEAD", "too many requests"),
        (500, "/api/models", "out of order"),
        (503, "HEAD", "out of order (503"),
    ],
)
def test_a_hub_in_trouble(
    hub: HubServer, client: Client, repo: str, kind: str | int, where: str, part: str
) -> None:
    mark = len(hub.seen)
    with hub.fault(kind, where):
        outcome = client.load(repo, token=READ, timeout="1")
    assert outcome.status == 2
    assert repo in outcome.sentence
    assert part in outcome.sentence
    assert outcome.seconds < LIMIT
    addresses = [f"{seen.method} {seen.path.split('?')[0]}" for seen in hub.since(mark)]
    assert max(map(addresses.count, addresses)) <= MAX_ATTEMPTS


def test_a_time_out_that_is_none_is_said(hub: HubServer, client: Client, repo: str) -> None:
    mark = len(hub.seen)
    outcome = client.load(repo, timeout="12 s")
    assert outcome.status == 2
    assert "DIGIT_HUB_TIMEOUT is a number of seconds, not '12 s'." in outcome.sentence
    assert not list(hub.since(mark))


LIMITS = """
from digit_model.hub.client import hub_api
from huggingface_hub.utils import get_session

hub_api()
value, session = [], get_session()
session.event_hooks["request"].append(lambda request: value.append(request.extensions["timeout"]))
session.get({url!r})
session.post({url!r}, timeout=5)
session.event_hooks["request"].pop()
"""


def test_a_refusal_that_drips_is_not_waited_for(hub: HubServer, client: Client) -> None:
    with hub.fault("drip", "/api/models"):
        outcome = client.load("user/none", token=READ, timeout="1")
    assert "next to nothing" in outcome.sentence
    assert outcome.seconds < LIMIT


@pytest.mark.parametrize(("timeout", "reads", "writes"), [(None, 12, 18), ("60", 60, 90)])
def test_a_slow_hub_has_time(
    hub: HubServer, client: Client, timeout: str | None, reads: float, writes: float
) -> None:
    asked = client.run(LIMITS.format(url=f"{hub.url}/api/models/user/none"), timeout=timeout)
    assert asked.value == [
        dict.fromkeys(("connect", "read", "write", "pool"), seconds) for seconds in (reads, writes)
    ]


def test_nobody_is_made_to_wait_for_an_hour(hub: HubServer, client: Client, repo: str) -> None:
    for headers in ({"Retry-After": "3600"}, {"RateLimit": '"api";r=0;t=3600'}):
        with hub.fault(429, "HEAD", headers=headers):
            outcome = client.load(repo)
        assert "try again in 3600 seconds" in outcome.sentence
        assert outcome.seconds < LIMIT


def test_without_an_answer_the_last_good_weights_serve(
    hub: HubServer, client: Client, offline: Client, repo: str
) -> None:
    first = client.load(repo).value["revision"]
    hub.add(repo, other_weights())
    for kind, where in (("drop", ""), (500, ""), ("drop", "GET .*config.json")):
        with hub.fault(kind, where):
            outcome = client.load(repo)
        assert outcome.status == 0, outcome.err
        assert outcome.value["revision"] == first
        assert "using what was downloaded before" in outcome.value["notice"]
    assert offline.load(repo).value["revision"] == first
    assert client.load(repo, local_files_only=True).value["revision"] == first
    assert client.load(repo).value["revision"] != first


def test_a_commit_that_is_damaged_or_does_not_load_is_not_the_last_good_one(
    hub: HubServer, client: Client, offline: Client, repo: str
) -> None:
    first = client.load(repo).value["revision"]
    hub.add(
        repo,
        {"config.json": FILES["config.json"].replace(b'"format": %d' % FORMAT, b'"format": 99')},
    )
    assert "format 99" in client.load(repo).sentence
    assert offline.load(repo).value["revision"] == first


def test_offline_and_never_downloaded(hub: HubServer, offline: Client, repo: str) -> None:
    mark = len(hub.seen)
    outcome = offline.load(repo)
    assert outcome.status == 2
    assert "HF_HUB_OFFLINE" in outcome.sentence
    assert hub.since(mark) == []


def test_a_cache_that_others_have_spoilt(
    hub: HubServer, client: Client, offline: Client, repo: str
) -> None:
    commit = client.load(repo).value["revision"]
    (cache,) = (client.home / "hub").glob(f"models--{repo.replace('/', '--')}")
    tensors = cache / "snapshots" / commit / "ink.safetensors"
    moved = tensors.rename(cache / "moved")
    tensors.mkdir()
    assert "has changed on this disk" in offline.load(repo).sentence
    tensors.rmdir()
    moved.rename(tensors)
    sums = cache / "digit_model" / f"{commit}.json"
    sums.write_text("[]")  # as if another tool had downloaded them
    assert offline.load(repo).value["revision"] == commit
    (cache / "refs" / "main").write_bytes(b"\xff\xfe")
    assert "needs the Hub" in offline.load(repo).sentence


def test_a_folder_and_a_hub_name_are_told_apart(hub: HubServer, client: Client, repo: str) -> None:
    """The process works in its home, where a folder may have the repository's name."""
    hub.add(repo, other_weights())
    folder = client.home / repo
    folder.mkdir(parents=True)
    try:
        assert "but no weights in it" in client.load(repo).sentence
        shutil.copytree(ROOT / "weights", folder, dirs_exist_ok=True)
        local = client.load(repo).value
        assert (local["id"], local["revision"]) == (folder.name, None)
        assert f"{repo}@main would be the one on the Hub" in local["notice"]
        assert client.load(f"./{repo}").value["notice"] is None
        for name in ((f"{repo}@main",), (repo, "main")):
            there = client.load(*name).value
            assert (there["id"], there["revision"]) == (
                repo,
                hub.repo(repo).refs["refs/heads/main"],
            )
        assert "only repositories" in client.load(f"./{repo}", "main").sentence
        assert "names another revision" in client.load(f"{repo}@main", "v1").sentence
    finally:
        shutil.rmtree(folder)
    assert "There is no folder" in client.load("no/such/folder").sentence
    assert "There is no folder" in client.load("nothing").sentence


def test_the_usual_patience(patient: Callable[[], list[Outcome]]) -> None:
    outcomes = patient()
    for outcome, part in zip(
        outcomes, ("out of order (503", "does not answer", "can't be reached"), strict=True
    ):
        assert part in outcome.sentence
        assert outcome.seconds < LIMIT
