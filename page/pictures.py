"""A component for pictures that go to callers by way of the server's disk, which may be full."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import gradio as gr

from page.errors import user_error

REFUSED = "The server's disk can't take the pictures of the answer, try again in some minutes."


@contextlib.contextmanager
def on_disk() -> Iterator[None]:
    """Raises gr.Error in the place of the system's error for what can't be written."""
    try:
        yield
    except OSError as error:
        raise user_error(REFUSED) from error


class Picture(gr.Image):
    """A `gr.Image` for answers."""

    is_template = True  # the browser shows it as a gr.Image

    def postprocess(self, value: Any) -> Any:
        """Raises gr.Error, with one sentence, if the picture can't be written."""
        with on_disk():
            return super().postprocess(value)
