"""The pad that visitors draw on; in the modules beside it, the other parts of the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from page.data_url import picture_bytes
from page.errors import user_error
from page.scripts import load_scripts

HERE = Path(__file__).parent

Answer = dict[str, Any]


class Sketchpad(gr.HTML):
    """A square of paper that asks for an answer whenever its drawing changes.

    The browser calls `recognize` with the picture, one call at a time, while the visitor draws, and
    triggers `input` with each answer, so that a listener in the browser can show it without
    another way to the server and back. The value there is `{"key", "picture", "answer"}`, with a
    key for each drawing and the picture as a data URL, or None for an empty pad. A listener in
    Python gets the picture: PNG bytes, 280x280 pixels, dark ink on white paper, or None.

    A picture file that was pasted, or dropped onto the pad, is uploaded; then `upload` is
    triggered, and the value in the browser is `{"file": FileData}`.
    """

    def __init__(self, recognize: Callable[[bytes], Answer], **kwargs: Any):
        """`recognize` takes PNG bytes and returns what the browser is to show, as JSON.

        A ValueError from it reaches the visitor as a sentence under the pad.
        """

        def answer(picture: Any) -> Answer:
            try:
                return recognize(picture_bytes(picture))
            except ValueError as error:
                return {"error": str(error)}

        answer.__name__ = "recognize"  # what the script calls it
        super().__init__(
            html_template=(HERE / "sketchpad.html").read_text(encoding="utf-8"),
            css_template=(HERE / "sketchpad.css").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startSketchpad"),
            apply_default_css=False,
            server_functions=[answer],
            **kwargs,
        )

    def preprocess(self, payload: Any) -> bytes | None:  # type: ignore[override]
        """The picture in a value from the browser, as PNG bytes; None for an empty pad.

        Raises gr.Error, with one sentence, when an API caller sent something else.
        """
        if payload is None:
            return None
        try:
            return picture_bytes(payload.get("picture") if isinstance(payload, dict) else payload)
        except ValueError as error:
            raise user_error(str(error)) from error

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"picture": {"type": "string"}}}
