"""Upload corrections to a data set on the Hub, in the background; none is lost if the Hub is away.

Corrections are written to this machine first, by each process to a folder of its own. A file in the
folder holds the lines that are on the Hub. What differs is uploaded, or deleted there if it was
withdrawn, when the Hub is back, when the app stops, or by the next process to start, which takes
over the folders of processes that have ended. A folder that is on the Hub as a whole is deleted
here once its process has ended.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import (
    CommitInfo,
    CommitOperationAdd,
    CommitOperationDelete,
    CommitScheduler,
    cached_assets_path,
)

from digit_model.correction_store import (
    METADATA_FILE,
    CorrectionLimits,
    CorrectionStore,
    file_name_in,
    metadata_lines,
)
from digit_model.files import lock_folder, write_atomically
from digit_model.hub.client import hub_api
from digit_model.hub.errors import translate_errors
from digit_model.hub.names import check_repo_id
from digit_model.model_folder import ModelError

MINUTES_BETWEEN_UPLOADS = 1.0
STOP_SECONDS = 3.0  # for what is left when the app stops; the next start sends the rest
RETRY_SECONDS = 60.0  # between attempts to reach the data set, while the Hub is away
SENT_FILE = ".sent.jsonl"  # metadata.jsonl as it is on the Hub
DATASET_CARD = """---
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

Operation = CommitOperationAdd | CommitOperationDelete

logger = logging.getLogger(__name__)


@contextlib.contextmanager
def open_correction_store(
    repo: str,
    *,
    minutes: float = MINUTES_BETWEEN_UPLOADS,
    limits: CorrectionLimits | None = None,
) -> Iterator[CorrectionStore]:
    """Open a store for corrections; at the end, upload those that are not on the Hub yet.

    That end has to come: app.py turns SIGTERM into a SystemExit.

    Args:
        repo: a data set on the Hub, user/dataset.
        minutes: between uploads.
        limits: how much is kept on this machine.

    Raises:
        ModelError: that has a revision.
    """
    check_repo_id(repo)
    folder = cached_assets_path("digit_model", "corrections", repo.replace("/", "--"))
    store = CorrectionStore(folder, repo_id=repo, limits=limits)
    uploader = CorrectionUploader(store, repo, minutes)
    uploader.start()
    try:
        yield store
    finally:
        uploader.stop()


class CorrectionUploader:
    """Uploads a store's corrections, and those of processes that have ended, to a data set."""

    def __init__(
        self, store: CorrectionStore, repo: str, minutes: float = MINUTES_BETWEEN_UPLOADS
    ) -> None:
        self.store, self.repo, self.minutes = store, repo, minutes
        self._scheduler: _Scheduler | None = None
        self._error: ModelError | None = None  # of the last attempt, when the app stops
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._start_until_connected, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Upload what is left, once, within :data:`STOP_SECONDS`.

        If the Hub is away or slow, log how many corrections stay here.
        """
        self._stopped.set()
        sending = threading.Thread(target=self._send_rest, daemon=True)
        sending.start()
        sending.join(STOP_SECONDS)
        self.store.release()
        own_folder = self.store.folder / self.store.run
        with _abandoned_folders(self.store) as others:
            unsent = unsent_corrections(self.store, [own_folder, *others])
        count = sum(each.count for each in unsent)
        if count:
            what = f"{_count(count)} not sent"
            why = self._error or f"the Hub takes more than {STOP_SECONDS:g} seconds"
            logger.warning("%s, kept in %s for the next start: %s", what, self.store.folder, why)
        elif _is_sent(own_folder):
            shutil.rmtree(own_folder, ignore_errors=True)

    def _send_rest(self) -> None:
        self._thread.join()
        self._error = self._start_scheduler()
        if self._scheduler is not None:
            self._scheduler.stop()  # it would push once more at exit, when no thread can be started
            try:
                self._scheduler.push_to_hub()
            except ModelError as reason:
                self._error = reason

    def _start_until_connected(self) -> None:
        while (error := self._start_scheduler()) is not None:
            logger.warning("Corrections are kept in %s for now: %s", self.store.folder, error)
            if self._stopped.wait(RETRY_SECONDS):
                return

    def _start_scheduler(self) -> ModelError | None:
        """Start the scheduler, which creates the data set if needed; return the error if any."""
        if self._scheduler is None:
            try:
                with translate_errors(self.repo, writing=True):
                    self._scheduler = _Scheduler(self.store, self.repo, self.minutes)
            except ModelError as error:
                return error
        return None


@dataclass(frozen=True)
class UnsentCorrections:
    """By what one process's folder differs from the Hub."""

    folder: Path
    metadata: bytes  # all of metadata.jsonl up to its last complete line, sent lines included
    pictures: list[Path]  # to upload
    withdrawn: list[str]  # names of pictures to delete on the Hub

    @property
    def count(self) -> int:
        return len(self.pictures) + len(self.withdrawn)

    def operations(self) -> list[Operation]:
        """What makes the Hub the same as the folder."""
        here = self.folder.name
        metadata = f"{here}/{METADATA_FILE}"
        return [
            *(CommitOperationAdd(f"{here}/{path.name}", path) for path in self.pictures),
            *(CommitOperationDelete(f"{here}/{name}") for name in self.withdrawn),
            CommitOperationAdd(metadata, self.metadata)
            if self.metadata
            else CommitOperationDelete(metadata),
        ]


def unsent_corrections(store: CorrectionStore, folders: list[Path]) -> list[UnsentCorrections]:
    """By what these folders differ from the Hub, for each folder that does."""
    found = []
    with store.lock:
        for folder in folders:
            if (lines := _lines_here_and_sent(folder)) is None:
                continue
            metadata, sent = lines
            new, gone = set(metadata) - set(sent), set(sent) - set(metadata)
            pictures = [folder / file_name_in(line) for line in metadata if line in new]
            pictures = [path for path in pictures if path.is_file()]
            if new or gone:
                # One may have been withdrawn and kept again.
                kept = set(map(file_name_in, metadata))
                withdrawn = [name for name in map(file_name_in, sent) if name not in kept]
                found.append(UnsentCorrections(folder, b"".join(metadata), pictures, withdrawn))
    return found


def _lines_here_and_sent(folder: Path) -> tuple[list[bytes], list[bytes]] | None:
    """A folder's corrections, and those of it that are on the Hub; None if that can't be told.

    One without metadata has been cleared by hand: nothing is deleted on the Hub for it.
    """
    sent = folder / SENT_FILE
    try:
        return _lines(folder / METADATA_FILE), _lines(sent) if sent.exists() else []
    except FileNotFoundError:
        return None
    except OSError as error:
        logger.warning("Corrections in %s can't be read: %s", folder, error.strerror)
        return None


def _lines(path: Path) -> list[bytes]:
    """A file's lines that are corrections."""
    return [line for line in metadata_lines(path.read_bytes()) if file_name_in(line)]


def _is_sent(folder: Path) -> bool:
    """Whether all of a process's folder is on the Hub."""
    lines = _lines_here_and_sent(folder)
    return lines is not None and lines[0] == lines[1]


def _delete_sent(folders: list[Path]) -> None:
    for folder in filter(_is_sent, folders):
        shutil.rmtree(folder, ignore_errors=True)


def _deletes(operation: Operation) -> bool:
    return isinstance(operation, CommitOperationDelete)


def _count(corrections: int) -> str:
    return f"{corrections} correction{'' if corrections == 1 else 's'}"


@contextlib.contextmanager
def _abandoned_folders(store: CorrectionStore) -> Iterator[list[Path]]:
    """Those of processes that have ended, locked, so that nobody else sends them meanwhile."""
    with contextlib.ExitStack() as locks:
        folders = []
        for folder in sorted(path for path in store.folder.glob("*") if path.is_dir()):
            if folder.name == store.run:
                continue
            with contextlib.suppress(OSError):  # it is another user's, or gone meanwhile
                if (lock := lock_folder(folder)) is not None:
                    locks.enter_context(lock)
                    folders.append(folder)
        yield folders


class _Scheduler(CommitScheduler):
    """A CommitScheduler that uploads only what is not on the Hub yet."""

    def __init__(self, store: CorrectionStore, repo: str, minutes: float) -> None:
        self._store = store
        self._sending = threading.Lock()
        super().__init__(
            repo_id=repo,
            repo_type="dataset",
            folder_path=store.folder,
            every=minutes,
            private=True,  # if it is created; people's drawings are published only by hand
            hf_api=hub_api(),
        )

    def push_to_hub(self) -> CommitInfo | None:
        with (
            self._sending,
            translate_errors(self.repo_id, writing=True),
            _abandoned_folders(self._store) as others,
        ):
            own_folder = self._store.folder / self._store.run
            unsent = unsent_corrections(self._store, [own_folder, *others])
            if not unsent:
                _delete_sent(others)
                return None
            operations = self._possible(
                [operation for part in unsent for operation in part.operations()]
            )
            if not self.api.file_exists(self.repo_id, "README.md", repo_type="dataset"):
                card = DATASET_CARD.replace("{repo}", self.repo_id)
                operations.append(CommitOperationAdd("README.md", card.encode()))
            commit = None
            if operations:
                commit = self.api.create_commit(
                    self.repo_id,
                    operations,
                    commit_message=_count(sum(part.count for part in unsent)),
                    repo_type="dataset",
                )
            for part in unsent:
                write_atomically(part.folder / SENT_FILE, part.metadata)
            _delete_sent(others)
            return commit

    def _possible(self, operations: list[Operation]) -> list[Operation]:
        """Without the deletions of what the data set has no more, for which the Hub would refuse
        all of them: its owner may have deleted it, or an earlier commit whose answer was lost.
        """
        deleted = [each.path_in_repo for each in operations if _deletes(each)]
        if not deleted:
            return operations
        found = self.api.get_paths_info(self.repo_id, deleted, repo_type="dataset")
        there = {each.path for each in found}
        return [each for each in operations if not _deletes(each) or each.path_in_repo in there]
