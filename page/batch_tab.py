"""The Many pictures tab: many files at once, as one list and a CSV file."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr

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
SENT_JS = "(value) => [value?.files ?? [], value?.run ?? '']"
STOPPED_JS = "(run) => ({stopped: run, at: Date.now()})"  # the same value again is no change


def add_batch_tab(recognizer: RecognizerClient, limits: Limits) -> None:
    """Adds its components to the enclosing gr.Blocks."""

    async def read(files: list[UploadedPicture], run: str) -> AsyncIterator[dict[str, Any]]:
        """What was read so far, again and again: a value of the list."""
        readings = recognizer.read_files([file.picture for file in files])

        async def next_reading() -> TimedPrediction | ValueError:
            return await anext(readings)

        rows, shown_at = [], time.monotonic()
        for file in files:
            reading = await unless_caller_leaves(next_reading())
            rows.append(batch_row(file.name, reading))
            if len(rows) == len(files) or time.monotonic() - shown_at >= SHOW_SECONDS:
                yield {"run": run, "total": len(files), "rows": [*rows]}
                shown_at = time.monotonic()

    async def read_examples(run: str) -> AsyncIterator[dict[str, Any]]:
        files = [UploadedPicture(file, Path(file).name) for file in EXAMPLE_FILES]
        async for value in read(files, run):
            yield value

    files = FilesUpload(limits, label="Pictures", visible=False)
    run = gr.Textbox(visible=False)  # its name, by which the list knows it from the beginning
    batch = BatchList(limits, len(EXAMPLE_FILES), elem_id="batch")
    event: dict[str, Any] = {
        "show_progress": "hidden",  # the list has its own
        "api_visibility": "private",
        "concurrency_limit": None,  # nobody's batch waits for the end of somebody else's
        "trigger_mode": "multiple",  # nor for one's own: more files may be sent meanwhile
    }
    stopped: dict[str, Any] = {
        **{"fn": None, "inputs": run, "outputs": batch, "js": STOPPED_JS},
        **PRIVATE_EVENT,
    }
    sent = batch.upload(None, batch, [files, run], js=SENT_JS, **PRIVATE_EVENT)
    reading = sent.then(read, [files, run], batch, **event)
    reading.failure(**stopped)
    asked = batch.example_select(None, batch, [files, run], js=SENT_JS, **PRIVATE_EVENT)
    examples = asked.then(read_examples, run, batch, **event)
    examples.failure(**stopped)
    batch.clear(None, cancels=[reading, examples], **PRIVATE_EVENT)
