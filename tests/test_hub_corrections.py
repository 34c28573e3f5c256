"""Corrections: kept without anything that tells on people, and none lost on the way to the Hub."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from drawings import load_drawings
from hub_client import Client, environment
from hub_server import READ, WRITE, HubServer
from PIL import Image
from processes import run_async

from digit_model import DigitRecognizer, ImageError
from digit_model.correction_store import CORRECTION_LABELS, CorrectionError, CorrectionStore
from digit_model.prediction import LABELS as DIGITS
from digit_model.prediction import Prediction
from digit_model.serving.client import RecognizerClient
from page.keep_correction import keep_correction

pytestmark = pytest.mark.hub

MODEL = {"id": "weights", "revision": None, "sha256": "0" * 64}
GPS = 0x8825

# Adds corrections in a process of its own; `after` runs when they are on the disk.
ADD = """
from pathlib import Path
from digit_model.correction_store import CorrectionStore
from digit_model.hub.correction_upload import CorrectionUploader, unsent_corrections
from digit_model.prediction import Prediction
import numpy as np
import time
prediction = Prediction(
    "digit", "7", {{}}, [("7", 0.9)], 0.9, 0.8, np.zeros((28, 28), np.uint8), (0.0, 0.0, 1.0, 1.0)
)
model = {{"id": "user/digits", "revision": "c0ffee", "sha256": "0" * 64}}
store = CorrectionStore(Path({folder!r}))
uploader = CorrectionUploader(store, {repo!r}, minutes=1 / 600)
uploader.start()
def add(shade, label):
    picture = np.full((40, 40, 3), shade, np.uint8)
    return store.add(picture, label, prediction=prediction, model=model)
def wait_until_sent():
    while unsent_corrections(store, [store.folder / store.run]):
        time.sleep(0.05)
for shade, label in enumerate({labels!r}):
    add(shade + {first}, label)
{after}
"""


def code(
    repo: str, folder: Path, labels: list[str], after: str = "uploader.stop()", first: int = 0
) -> str:
    return ADD.format(repo=repo, folder=str(folder), labels=labels, after=after, first=first)


@pytest.fixture
def prediction() -> Prediction:
    shares = dict.fromkeys(DIGITS, 0.1)
    digit, crop = np.zeros((28, 28), np.uint8), (0.0, 0.0, 1.0, 1.0)
    return Prediction("unsure", "7", shares, [("7", 0.1)], 0.1, 0.5, digit, crop)


def keep(
    recognizer: RecognizerClient, store: CorrectionStore, image: str | bytes, label: str
) -> dict[str, str]:
    return run_async(keep_correction(recognizer, store, image, label, consent=True))


def rows(folder: Path) -> list[dict[str, object]]:
    return [
        json.loads(line)
        for path in sorted(folder.rglob("metadata.jsonl"))
        for line in path.read_text().splitlines()
    ]


def on_hub(hub: HubServer, repo: str) -> dict[str, str]:
    """Label by picture, after a look at whether each has both, and both are whole."""
    files = hub.repo(repo, "datasets").files
    labels = {}
    for path, file in files.items():
        if path.endswith("metadata.jsonl"):
            for line in file.content.decode().splitlines():
                row = json.loads(line)
                picture = f"{Path(path).parent}/{row['file_name']}"
                Image.open(io.BytesIO(files[picture].content)).load()
                labels[picture] = row["label"]
    assert set(labels) == {path for path in files if path.endswith(".png")}
    return labels


def test_a_photograph_is_stored_upright_and_without_its_metadata(
    tmp_path: Path, recognizer_client: RecognizerClient
) -> None:
    photo = Image.new("RGB", (60, 40), "white")
    photo.paste("black", (0, 0, 30, 10))
    exif = photo.getexif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "A maker of cameras"
    exif.get_ifd(GPS)[2] = (48.0, 12.0, 30.0)
    photo.save(tmp_path / "photo.jpg", exif=exif, comment=b"at home", quality=95)
    store = CorrectionStore(tmp_path / "kept")
    path = str(tmp_path / "photo.jpg")
    receipt = keep(recognizer_client, store, path, "7")
    assert receipt.keys() == {"id", "label", "stored"}
    kept = tmp_path / "kept" / receipt["stored"]
    picture = Image.open(kept)
    assert picture.format == "PNG"
    assert picture.size == (40, 60)
    assert not picture.getexif()
    assert picture.info == {}
    assert np.asarray(picture)[:30, 30:].mean() < 20  # the mark is at the upper right now
    for secret in (b"camera", b"at home", b"Exif", b"eXIf"):
        assert secret not in kept.read_bytes()
    (row,) = rows(tmp_path / "kept")
    assert row["file_name"] == kept.name
    assert row["label"] == "7"
    answer = DigitRecognizer.from_pretrained().predict(path)
    assert row["verdict"] == answer.verdict
    assert row["predicted_label"] == (answer.label or "")
    assert row["model_revision"] == ""
    assert row["model_sha256"] == recognizer_client.model.hashes.sha256


def test_large_pictures_are_scaled_down(
    tmp_path: Path, recognizer_client: RecognizerClient
) -> None:
    """To what the recogniser needs, and the page says, 640 pixels a side at the most."""
    store = CorrectionStore(tmp_path)
    png = io.BytesIO()
    Image.new("L", (5000, 500), 255).save(png, "PNG")
    receipt = keep(recognizer_client, store, png.getvalue(), "1")
    assert Image.open(tmp_path / receipt["stored"]).size == (625, 62)


@pytest.mark.parametrize("label", ["", "10", "seven", "7 ", "not_a_digit", "٣"])
def test_labels_that_are_none(tmp_path: Path, prediction: Prediction, label: str) -> None:
    picture = np.zeros((28, 28, 3), np.uint8)
    with pytest.raises(ValueError, match="A label is a digit from 0 to 9"):
        CorrectionStore(tmp_path).add(picture, label, prediction=prediction, model=MODEL)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_pictures_that_are_none(
    tmp_path: Path, recognizer_client: RecognizerClient, content: bytes
) -> None:
    with pytest.raises(ImageError):
        keep(recognizer_client, CorrectionStore(tmp_path), content, "7")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_leaves_no_line_behind(tmp_path: Path, prediction: Prediction) -> None:
    store = CorrectionStore(tmp_path / "kept")
    picture = np.asarray(load_drawings()[0].picture().convert("RGB"))
    store.add(picture, "7", prediction=prediction, model=MODEL)
    folder = tmp_path / "kept" / store.run
    before = (folder / "metadata.jsonl").read_bytes()
    (folder / "metadata.jsonl").rename(folder / "aside")
    (folder / "metadata.jsonl").mkdir()  # can't be written to
    with pytest.raises(CorrectionError, match="disk has failed"):
        store.add(picture, "8", prediction=prediction, model=MODEL)
    (folder / "metadata.jsonl").rmdir()
    (folder / "aside").rename(folder / "metadata.jsonl")
    store.add(picture, "9", prediction=prediction, model=MODEL)
    assert (folder / "metadata.jsonl").read_bytes().startswith(before)
    assert [row["label"] for row in rows(tmp_path)] == ["7", "9"]
    assert list(folder.glob("*.partial")) == []


def test_threads_and_other_processes_do_not_get_into_each_others_way(
    tmp_path: Path, prediction: Prediction
) -> None:
    stores = [CorrectionStore(tmp_path), CorrectionStore(tmp_path)]
    assert stores[0].run != stores[1].run
    picture = np.asarray(load_drawings()[0].picture().convert("RGB"))

    def add(number: int) -> None:
        for label in CORRECTION_LABELS:
            stores[number % 2].add(picture + number, label, prediction=prediction, model=MODEL)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = rows(tmp_path)
    assert sorted(str(row["label"]) for row in found) == sorted(CORRECTION_LABELS * 6)
    pictures = {path.name for path in tmp_path.rglob("*.png")}
    assert {row["file_name"] for row in found} == pictures
    assert len(pictures) == len(found)


def test_corrections_arrive_once(hub: HubServer, client: Client, tmp_path: Path) -> None:
    repo = hub.new_name("corrections")
    after = "uploader.stop(); uploader.stop()"
    outcome = client.run(code(repo, tmp_path, ["7", "not a digit"], after), token=WRITE)
    assert outcome.status == 0, outcome.err
    assert sorted(on_hub(hub, repo).values()) == ["7", "not a digit"]
    data = hub.repo(repo, "datasets")
    assert data.private
    assert "2 corrections" in data.titles or data.titles.count("1 correction") == 2
    assert repo in data.files["README.md"].content.decode()
    # The next process has nothing to send but what is its own: what somebody wanted to have deleted
    # meanwhile stays deleted.
    data.commit({"README.md": data.files["README.md"]}, "deleted")
    assert client.run(code(repo, tmp_path, ["3"], first=9), token=WRITE).status == 0
    assert sorted(on_hub(hub, repo).values()) == ["3"]
    assert data.titles[-2:] == ["deleted", "1 correction"]


def test_a_withdrawn_correction_leaves_the_hub(
    hub: HubServer, client: Client, tmp_path: Path
) -> None:
    repo = hub.new_name("corrections")
    withdraw = """
wait_until_sent()
store.remove(add(0, "7")["id"])  # the same again, whose receipt is the first one's
uploader.stop()
"""
    assert client.run(code(repo, tmp_path, ["7", "2"], withdraw), token=WRITE).status == 0
    assert list(on_hub(hub, repo).values()) == ["2"]
    assert rows(tmp_path) == []  # all is on the Hub
    assert client.run(code(repo, tmp_path, ["7"], withdraw), token=WRITE).status == 0
    assert list(on_hub(hub, repo).values()) == ["2"]  # of the second run, there is nothing


def test_a_correction_withdrawn_and_given_again_stays_on_the_hub(
    hub: HubServer, client: Client, tmp_path: Path
) -> None:
    repo = hub.new_name("corrections")
    again = """
wait_until_sent()
uploader._scheduler.stop()  # so that both go in one commit
store.remove(add(0, "7")["id"])
time.sleep(1.1)  # another second
add(0, "7")
uploader.stop()
"""
    outcome = client.run(code(repo, tmp_path, ["7", "2"], again), token=WRITE)
    assert outcome.status == 0, outcome.err
    assert sorted(on_hub(hub, repo).values()) == ["2", "7"]
    assert rows(tmp_path) == []


def test_what_has_gone_from_the_hub_already_can_be_withdrawn(
    hub: HubServer, client: Client, tmp_path: Path
) -> None:
    """Its owner has deleted it, or a commit whose answer was lost. Else nothing could be sent."""
    repo = hub.new_name("corrections")

    def withdraw(labels: list[str], delete: str, more: str = "") -> None:
        after = f"""
from digit_model.hub.client import hub_api
wait_until_sent()
receipt = add(0, "7")
hub_api().{delete}, repo_id={repo!r}, repo_type="dataset")
store.remove(receipt["id"])
{more}
uploader.stop()
"""
        outcome = client.run(code(repo, tmp_path, labels, after), token=WRITE)
        assert outcome.status == 0, outcome.err
        assert sorted(on_hub(hub, repo).values()) == ["2", "3"]
        assert rows(tmp_path) == []  # nothing is left to be sent

    withdraw(["7", "2"], 'delete_file(receipt["stored"]', more='add(9, "3")')
    withdraw(["7"], "delete_folder(store.run")


def test_what_owners_do_to_the_folder_stops_nothing_and_deletes_nothing_on_the_hub(
    hub: HubServer, client: Client, tmp_path: Path
) -> None:
    repo = hub.new_name("corrections")
    edit = """
wait_until_sent()
metadata = store.folder / store.run / "metadata.jsonl"
metadata.write_text("\\n" + metadata.read_text() + "a note\\n")
(store.folder / "another's" / ".lock").mkdir(parents=True)  # it can't be locked
add(9, "3")
uploader.stop()
"""
    outcome = client.run(code(repo, tmp_path, ["7", "2"], edit), token=WRITE)
    assert outcome.status == 0, outcome.err
    assert sorted(on_hub(hub, repo).values()) == ["2", "3", "7"]
    clear = """
wait_until_sent()
for path in (store.folder / store.run).glob("[!.]*"):  # rm *
    path.unlink()
uploader.stop()
"""
    assert client.run(code(repo, tmp_path, ["5"], clear, first=99), token=WRITE).status == 0
    assert sorted(on_hub(hub, repo).values()) == ["2", "3", "5", "7"]


@pytest.mark.parametrize("where", ["", "/api/repos/create"])
def test_nothing_is_lost_when_the_hub_is_away_at_the_start(
    hub: HubServer, client: Client, tmp_path: Path, where: str
) -> None:
    repo = hub.new_name("corrections")
    with hub.fault("drop" if where == "" else 401, where):
        outcome = client.run(code(repo, tmp_path, ["1", "2", "3"]), token=WRITE)
        later = client.run(code(repo, tmp_path, []), token=WRITE)
    assert outcome.status == 0, outcome.err
    assert f"3 corrections not sent, kept in {tmp_path}" in later.err
    assert f"Corrections are kept in {tmp_path} for now" in outcome.err
    assert f"3 corrections not sent, kept in {tmp_path}" in outcome.err
    assert "Traceback" not in outcome.err
    # The next one takes them over.
    assert client.run(code(repo, tmp_path, ["4"], first=9), token=WRITE).status == 0
    assert sorted(on_hub(hub, repo).values()) == ["1", "2", "3", "4"]


@pytest.mark.parametrize(("kind", "where"), [(500, "/commit/"), ("drop", "PUT"), (403, "PUT")])
def test_nothing_is_lost_when_the_hub_fails_later(
    hub: HubServer, client: Client, tmp_path: Path, kind: str | int, where: str
) -> None:
    """The same process sends them with the next round."""
    repo = hub.new_name("corrections")
    hub.large.clear()  # so that the pictures have to be uploaded
    wait = (
        "until = time.monotonic() + 60\n"
        "own = [store.folder / store.run]\n"
        "while unsent_corrections(store, own) and time.monotonic() < until:\n"
        "    time.sleep(0.1)\n"
        "value = len(unsent_corrections(store, own))"
    )
    with hub.fault(kind, where, times=2):
        outcome = client.run(code(repo, tmp_path, ["1", "2", "3"], wait), token=WRITE)
    assert outcome.value == 0
    assert sorted(on_hub(hub, repo).values()) == ["1", "2", "3"]


def test_a_process_that_is_killed_and_two_that_live(
    hub: HubServer, client: Client, tmp_path: Path
) -> None:
    repo = hub.new_name("corrections")
    wait = "print('ready', flush=True); import time; time.sleep(300)"
    killed, living = (
        subprocess.Popen(
            [sys.executable, "-c", code(repo, tmp_path, labels, wait, first)],
            env=environment(hub.url, tmp_path / "home"),  # no token: nothing can be sent
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for first, labels in ((0, ["1", "2"]), (50, ["5"]))
    )
    try:
        for process in (killed, living):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        killed.kill()
        killed.wait()
        assert client.run(code(repo, tmp_path, ["9"], first=99), token=WRITE).status == 0
        assert sorted(on_hub(hub, repo).values()) == ["1", "2", "9"]  # a living one sends its own
    finally:
        killed.kill()
        living.kill()
        living.wait()


def test_datasets_reads_what_was_collected(hub: HubServer, client: Client, tmp_path: Path) -> None:
    repo = hub.new_name("corrections")
    folder, sent = tmp_path / "kept", tmp_path / "sent"
    for first, labels in ((0, ["7", "not a digit"]), (9, ["0"])):  # two runs, two folders
        keep_here = code(repo, folder, labels, "", first).replace("uploader.start()", "")
        assert client.run(keep_here, token=WRITE).status == 0
        assert client.run(code(repo, sent, labels, first=first), token=WRITE).status == 0
    assert list(sent.iterdir()) == []  # it is on the Hub
    read = """
import json, sys
from datasets import load_dataset
for arguments in json.loads(sys.argv[1]):
    data = load_dataset(*arguments, split="train")
    rows = [{**row, "image": [row["image"].format, row["image"].size]} for row in data]
    print(json.dumps(rows, default=str))
"""
    sets = [[repo], ["imagefolder", None, str(folder)]]
    run = subprocess.run(
        [sys.executable, "-c", read, json.dumps(sets)],
        env=environment(hub.url, tmp_path / "home", HF_TOKEN=READ),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    for line in run.stdout.splitlines()[-len(sets) :]:
        found = json.loads(line)
        assert sorted(row["label"] for row in found) == ["0", "7", "not a digit"]
        assert {row["verdict"] for row in found} == {"digit"}
        assert {row["model_revision"] for row in found} == {"c0ffee"}
        assert {tuple(row["image"][1]) for row in found} == {(40, 40)}
