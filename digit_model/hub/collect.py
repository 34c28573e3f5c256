"""Corrections to a data set on the Hub, in the background, none lost when the Hub is away.

They are kept on this machine first, each process in a folder of its own. What is on the Hub already
is noted in the folder, so the rest is sent when the Hub is back, when the app stops, or by the next
process to start: it takes over the folders whose process is gone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import signal
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, NoReturn

from huggingface_hub import CommitInfo, CommitOperationAdd, CommitScheduler, cached_assets_path

from digit_model.corrections import METADATA_FILE, CorrectionStore, claim
from digit_model.files import replace_file
from digit_model.hub.client import hub_api
from digit_model.hub.errors import sentences
from digit_model.hub.names import hub_name, repository
from digit_model.weights import ModelError

MINUTES = 1.0  # between uploads, of what there is by then
RETRY_SECONDS = 60.0  # until the data set is asked for again, while the Hub is away
SENT_FILE = ".sent"  # how many bytes of metadata.jsonl, all of whole lines, are on the Hub
CARD = """---
pretty_name: Corrections of handwritten digits
task_categories:
- image-classification
tags:
- handwritten-digits
---

# Corrections of handwritten digits

Pictures that a digit recogniser was shown, with the label that the person gave it: a digit, or
"not a digit". Everyone agreed to the picture being kept and used for training. Beside the label
stand the recogniser's own answer (`verdict`, `predicted_label`, `confidence`, `digit_score`) and
which weights gave it (`model_id`, `model_revision`, `model_sha256`). The pictures hold no metadata.

```python
from datasets import load_dataset

corrections = load_dataset("{repo}", split="train")
```
"""

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def collecting(where: str, *, minutes: float = MINUTES) -> Iterator[CorrectionStore]:
    """A store for corrections; ``where`` is a data set on the Hub, user/dataset, or a folder.

    A name with exactly one slash is the Hub, always; ``./user/dataset`` is a folder. For the main
    thread: at the end, and when the process is asked to terminate, what is left is sent.
    """
    if hub_name(where) is None:
        yield CorrectionStore(Path(where).expanduser())
        return
    repository(where)  # rather than a revision of it
    folder = cached_assets_path("digit_model", "corrections", where.replace("/", "--"))
    store = CorrectionStore(folder)
    uploader = Uploader(store, where, minutes)
    uploader.start()
    before = signal.signal(signal.SIGTERM, _leave)
    try:
        yield store
    finally:
        signal.signal(signal.SIGTERM, before)
        uploader.stop()


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)


class Uploader:
    """Sends a store's corrections, and those of processes that are gone, to a data set."""

    def __init__(self, store: CorrectionStore, repo: str, minutes: float = MINUTES) -> None:
        self.store, self.repo, self.minutes = store, repo, minutes
        self._scheduler: _Scheduler | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._connect, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Send what is left, once; says how many corrections stay here if the Hub is away."""
        self._stopped.set()
        self._thread.join()
        error = self._open()
        if self._scheduler is not None:
            self._scheduler.stop()  # before its own attempt at exit, when no thread can be started
            try:
                self._scheduler.push_to_hub()
            except ModelError as reason:
                error = reason
            self._scheduler.release()
        self.store.release()
        left = sum(run.count for run in pending(self.store, [self.store.folder / self.store.run]))
        if left:
            what = f"{left} correction{'s' if left > 1 else ''} not sent"
            logger.warning("%s, kept in %s for the next start: %s", what, self.store.folder, error)

    def _connect(self) -> None:
        while (error := self._open()) is not None:
            logger.warning("Corrections are kept in %s for now: %s", self.store.folder, error)
            if self._stopped.wait(RETRY_SECONDS):
                return

    def _open(self) -> ModelError | None:
        """Start the scheduler, which asks for the data set at once; the reason if it can't."""
        if self._scheduler is None:
            try:
                with sentences(self.repo, writing=True):
                    self._scheduler = _Scheduler(self.store, self.repo, self.minutes)
            except ModelError as error:
                return error
        return None


@dataclass(frozen=True)
class Run:
    """What one process's folder has that the Hub hasn't."""

    folder: Path
    metadata: bytes  # the whole of metadata.jsonl, up to its last complete line
    pictures: list[Path]  # of the lines that are new

    @property
    def count(self) -> int:
        return len(self.pictures)


def pending(store: CorrectionStore, folders: list[Path]) -> list[Run]:
    """What is still to be sent of these folders."""
    runs = []
    with store.lock:
        for folder in folders:
            try:
                metadata = (folder / METADATA_FILE).read_bytes()
            except OSError:
                continue  # nothing has been corrected in this run so far
            metadata = metadata[: metadata.rfind(b"\n") + 1]
            new = metadata[_sent(folder) :].splitlines()
            if new:
                pictures = [folder / json.loads(line)["file_name"] for line in new]
                runs.append(Run(folder, metadata, [path for path in pictures if path.is_file()]))
    return runs


def _sent(folder: Path) -> int:
    try:
        return int((folder / SENT_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return 0


def _runs(store: CorrectionStore) -> list[Path]:
    return [path for path in sorted(store.folder.glob("*")) if path.is_dir()]


class _Scheduler(CommitScheduler):
    """CommitScheduler decides when; what is sent is ours to say, so that only news is."""

    def __init__(self, store: CorrectionStore, repo: str, minutes: float) -> None:
        self._store = store
        self._sending = threading.Lock()
        self._claims: dict[Path, BinaryIO] = {}  # folders of processes that are gone
        super().__init__(
            repo_id=repo,
            repo_type="dataset",
            folder_path=store.folder,
            every=minutes,
            private=True,  # if it has to be created; what people drew is published by hand
            hf_api=hub_api(),
        )

    def push_to_hub(self) -> CommitInfo | None:
        with self._sending, sentences(self.repo_id, writing=True):
            runs = pending(self._store, [self._store.folder / self._store.run, *self._left_over()])
            if not runs:
                return None
            operations = [
                CommitOperationAdd(f"{run.folder.name}/{path.name}", path)
                for run in runs
                for path in run.pictures
            ]
            operations += [
                CommitOperationAdd(f"{run.folder.name}/{METADATA_FILE}", run.metadata)
                for run in runs
            ]
            if not self.api.file_exists(self.repo_id, "README.md", repo_type="dataset"):
                card = CARD.replace("{repo}", self.repo_id)
                operations.append(CommitOperationAdd("README.md", card.encode()))
            count = sum(run.count for run in runs)
            commit = self.api.create_commit(
                self.repo_id,
                operations,
                commit_message=f"{count} correction{'s' if count > 1 else ''}",
                repo_type="dataset",
            )
            for run in runs:
                replace_file(run.folder / SENT_FILE, str(len(run.metadata)).encode())
            return commit

    def release(self) -> None:
        """Leave the folders of others to the next process."""
        with self._sending:
            while self._claims:
                self._claims.popitem()[1].close()

    def _left_over(self) -> list[Path]:
        """Folders of processes that are gone; nobody else will send them now."""
        for folder in _runs(self._store):
            if folder.name != self._store.run and folder not in self._claims:
                held = claim(folder)
                if held is not None:
                    self._claims[folder] = held
        return sorted(self._claims)
