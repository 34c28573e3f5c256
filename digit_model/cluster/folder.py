"""A folder of any size, read by Ray Data: on all cores, on all machines, and resumed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import numpy as np

from digit_model.decode import ImageError
from digit_model.files import LOCK_FILE, describe, sole_use, write_atomically
from digit_model.model_folder import ModelError
from digit_model.serving import worker
from digit_model.serving.batching import Batcher
from digit_model.serving.client import FILE_SECONDS, RecognizerClient
from digit_model.serving.pool import GivenUpError, Worker

PART = 256  # pictures; a run that is killed loses the parts that are being read
ABANDONED_SECONDS = 3600  # the file of a part that was begun earlier is a killed run's
CONNECT_SECONDS = 5  # for a cluster's port
SETTINGS = "settings.json"
PARTS = "part-*.jsonl"


class FolderError(ValueError):
    """What can't be read or written. ``str(error)`` is one sentence."""


@dataclass(frozen=True)
class Progress:
    """How far a run is.

    Attributes:
        total: pictures in the folder.
        done: of them, those whose answers are written.
        unreadable: of those that are done.
        notice: what users should know of the weights, a sentence; with the first of a run alone.
    """

    total: int
    done: int
    unreadable: int
    notice: str | None = None


def predict_folder(
    folder: Path, output: Path, *, model: str | None, top_k: int = 3
) -> Iterator[Progress]:
    """Recognise all files below a folder, but hidden ones and those in folders that are links.

    The cluster is that of ``RAY_ADDRESS``; without this variable, the cores of this machine.

    ``output`` gets files part-….jsonl, each written whole, with a line of JSON for each picture:
    what ``predict --json`` prints, ``image`` being the path below ``folder``; or the error.
    Pictures that have a line there already are left out.

    Args:
        folder: every machine of the cluster has to see it, and ``output``, at the same path.
        output: created if it doesn't exist.
        model: see ``DigitRecognizer.from_pretrained``.
        top_k: how many labels to list, 1 to 10.

    Yields:
        Once before the first picture is read, then after each part.

    Raises:
        FolderError: there is no such folder, or one below it can't be read; ``output`` has answers
            of other weights, or is another run's; or the cluster can't be had, or fails.
        ModelError: the weights can't be loaded.
    """
    folder, output = folder.resolve(), output.resolve()
    if not folder.is_dir():
        raise FolderError(f"There is no folder {folder}.")
    _check_address()
    info = worker.load_without_limits(model)
    settings = {"folder": str(folder), "top_k": top_k} | info.hashes._asdict()
    _check_settings(output, settings)
    with sole_use(output) as is_ours:
        if not is_ours:  # what both runs read would have two lines
            raise FolderError(
                f"{output} is being written by another run: wait for it, or choose another "
                "--output."
            )
        was_read = _finished(output)
        names = sorted(_files(folder, output))
        missing = [name for name in names if name not in was_read]
        unreadable = sum(not was_read.get(name, True) for name in names)
        progress = Progress(len(names), len(names) - len(missing), unreadable, info.notice)
        yield progress
        if not missing:
            return
        reader = {"folder": folder, "output": output, "model": info.source, "top_k": top_k}
        for read, failed in _read_all(missing, reader):
            progress = Progress(progress.total, progress.done + read, progress.unreadable + failed)
            yield progress


class Reader:
    """Runs in Ray's processes: has a batch of pictures read, and writes its part.

    A process beside this one reads them. It ends with what takes too much of the machine, or fails
    its decoder: Ray would give such a batch to one process after the other, for ever.
    """

    def __init__(self, folder: Path, output: Path, model: str, top_k: int) -> None:
        self._client = FileClient(model)
        self._runner = asyncio.Runner()  # the client's, for all batches
        self._folder, self._output, self._top_k = folder, output, top_k

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, list[int]]:
        names = [os.fsdecode(name) for name in batch["image"]]
        rows = self._runner.run(self._read(names))
        text = "".join(json.dumps(row) + "\n" for row in rows)
        # A batch that Ray gives to two processes, because the first one died, is one file.
        digest = hashlib.sha256("\n".join(names).encode(errors="surrogateescape")).hexdigest()[:16]
        write_atomically(self._output / PARTS.replace("*", digest), text.encode())
        return {"read": [len(rows)], "unreadable": [sum("error" in row for row in rows)]}

    async def _read(self, names: list[str]) -> list[dict[str, Any]]:
        return await asyncio.gather(*map(self._row, names))

    async def _row(self, name: str) -> dict[str, Any]:
        try:
            prediction, _ = await self._client.recognize_file(str(self._folder / name))
        except (ImageError, GivenUpError) as error:
            if isinstance(error.__cause__, ModelError):
                raise  # the weights have gone, which says nothing of the picture
            return {"image": name, "error": str(error)}
        return {"image": name, **prediction.as_row(self._top_k)}


class FileClient(RecognizerClient):
    """Has files read by one process, within the limits of those that strangers upload."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self.workers.append(Worker(model))
        files = Batcher(self.workers, timeout_seconds=FILE_SECONDS)
        self._connect(self.workers[0].wait_until_loaded(), files, files)


def _address() -> str:
    """Of the cluster: "local", "auto" or a host and its port, perhaps after ray://."""
    return os.environ.get("RAY_ADDRESS") or "local"


def _check_address() -> None:
    """Raise FolderError if nobody answers there, for whom Ray would wait for ever."""
    address = _address()
    try:
        place = urlsplit(address if "//" in address else f"//{address}")
        if place.port:
            socket.create_connection((place.hostname, place.port), CONNECT_SECONDS).close()
    except (OSError, ValueError) as error:
        raise _no_ray() from error


def _no_ray() -> FolderError:
    return FolderError(f"Ray can't be had at {_address()!r}, see RAY_ADDRESS.")


def _read_all(names: list[str], reader: dict[str, Any]) -> Iterator[tuple[int, int]]:
    """For each part that has been written, its pictures and how many of them can't be read."""
    import pyarrow as pa
    import ray
    from ray.exceptions import RayError

    if not ray.is_initialized():
        try:
            ray.init(
                address=_address(),
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        except Exception as error:  # Ray raises bare ones, as where it takes long to start
            raise _no_ray() from error
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False  # they count Ray's blocks, not pictures
    context.print_on_execution_start = False
    for name in ("ray", "ray.data"):  # what they say is about Ray's own blocks and actors
        logging.getLogger(name).setLevel(logging.ERROR)
    cores = int(ray.cluster_resources()["CPU"])
    files = [os.fsencode(name) for name in names]  # not all of them need be UTF-8
    blocks = [pa.table({"image": files[n : n + PART]}) for n in range(0, len(files), PART)]
    parts = ray.data.from_arrow(blocks).map_batches(
        Reader,
        fn_constructor_kwargs=reader,
        batch_size=None,  # a block
        num_cpus=1,
        compute=ray.data.ActorPoolStrategy(min_size=1, max_size=max(1, cores)),
    )
    try:
        for row in parts.iter_rows():
            yield row["read"], row["unreadable"]
    except RayError as error:
        reason = str(error).strip().splitlines()[-1]
        raise FolderError(f"Ray has failed: {reason}") from error


def _files(folder: Path, output: Path) -> Iterator[str]:
    """Paths below the folder, with / between their parts; ``output`` may lie in it.

    Folders that are links are left out: they may lead in a circle.
    """
    for place, folders, files in os.walk(folder, onerror=_refuse):
        here = Path(place)
        folders[:] = [
            name for name in folders if not name.startswith(".") and here / name != output
        ]
        for name in files:
            if not name.startswith("."):
                yield (here / name).relative_to(folder).as_posix()


def _refuse(error: OSError) -> NoReturn:
    raise FolderError(describe(error)) from error


def _check_settings(output: Path, settings: dict[str, Any]) -> None:
    """Make the folder ready, or raise FolderError if it belongs to another run."""
    file = output / SETTINGS
    output.mkdir(parents=True, exist_ok=True)
    if file.is_file():
        try:
            found = json.loads(file.read_bytes())
        except ValueError as error:
            raise FolderError(f"{file} is not of such a run: choose another --output.") from error
        if found != settings:
            raise FolderError(
                f"{output} has answers for other pictures, from other weights or with another "
                "--top-k: choose another --output."
            )
        for partial in output.glob("*.partial"):
            with suppress(FileNotFoundError):  # it is in its place by now
                if time.time() - partial.stat().st_mtime > ABANDONED_SECONDS:
                    partial.unlink()
    elif any(path.name != LOCK_FILE for path in output.iterdir()):
        raise FolderError(f"{output} has other files in it: choose another --output.")
    else:
        write_atomically(file, json.dumps(settings).encode())


def _finished(output: Path) -> dict[str, bool]:
    """Whether each picture that has a line could be read.

    A part that is cut short, as by a power failure, is deleted: its pictures are read again.
    """
    was_read: dict[str, bool] = {}
    for part in output.glob(PARTS):
        try:
            rows = [json.loads(line) for line in part.read_bytes().splitlines()]
            was_read |= {row["image"]: "error" not in row for row in rows}
        except (LookupError, TypeError, ValueError):
            part.unlink(missing_ok=True)
    return was_read
