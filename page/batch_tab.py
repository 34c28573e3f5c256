"""The Many pictures tab: many files at once, as one list and a CSV file."""

from __future__ import annotations

import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_model.serving.timed import TimedPrediction
from page.batch_list import BatchList
from page.batch_rows import batch_row
from page.caller import unless_caller_leaves
from page.events import PRIVATE_EVENT
from page.examples import EXAMPLE_FILES
from page.files_upload import FilesUpload, UploadedPicture

if TYPE_CHECKING:
    from digit_model.serving.client import RecognizerClient
    from page.server.limits import Limits

SHOW_SECONDS = 0.5  # between two looks at what has been read so far

# Functions in JavaScript, see draw_tab.py.
SENT_FILES_JS = "(value) => [value?.files ?? []]"  # a list holds what goes to each output
STOPPED_JS = "() => ({stopped: Date.now()})"  # the same value again would be no change


def add_batch_tab(recognizer: RecognizerClient, limits: Limits) -> None:
    """Adds its components to the enclosing gr.Blocks."""

    async def read(files: list[UploadedPicture]) -> AsyncIterator[dict[str, Any]]:
        """What was read so far, again and again: a value of the list."""
        readings = recognizer.read_files([file.picture for file in files])

        async def next_reading() -> TimedPrediction | ValueError:
            return await anext(readings)

        run, rows, shown_at = uuid.uuid4().hex, [], time.monotonic()
        for file in files:
            reading = await unless_caller_leaves(next_reading())
            rows.append(batch_row(file.name, reading))
            if len(rows) == len(files) or time.monotonic() - shown_at >= SHOW_SECONDS:
                yield {"run": run, "total": len(files), "rows": [*rows]}
                shown_at = time.monotonic()

    async def read_examples() -> AsyncIterator[dict[str, Any]]:
        files = [UploadedPicture(file, Path(file).name) for file in EXAMPLE_FILES]
        async for value in read(files):
            yield value

    files = FilesUpload(limits, label="Pictures", visible=False)
    batch = BatchList(limits, len(EXAMPLE_FILES), elem_id="batch")
    event: dict[str, Any] = {
        "show_progress": "hidden",  # the list has its own
        "api_visibility": "private",
        "concurrency_limit": None,  # nobody's batch waits for the end of somebody else's
        "trigger_mode": "multiple",  # nor for one's own: more files may be sent meanwhile
    }
    stopped: dict[str, Any] = {"fn": None, "outputs": batch, "js": STOPPED_JS, **PRIVATE_EVENT}
    sent = batch.upload(None, batch, files, js=SENT_FILES_JS, **PRIVATE_EVENT)
    sent.then(read, files, batch, **event).failure(**stopped)
    batch.example_select(read_examples, None, batch, **event).failure(**stopped)
