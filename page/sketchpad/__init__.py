"""The pad that visitors draw on; in the modules beside it, the other parts of the page."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from page.refusal import refusal

HERE = Path(__file__).parent
DATA_URL = "data:image/png;base64,"
MAX_PICTURE = 1 << 20  # characters of a data URL; the pad's own pictures have a few thousand

Answer = dict[str, Any]


class Sketchpad(gr.HTML):
    """A square of paper that asks for an answer whenever its drawing changes.

    The browser calls `recognize` with the picture, one call at a time, while the visitor draws, and
    triggers `input` with each answer, so that a listener in the browser can show it without
    another way to the server and back. The value there is `{"picture": data URL, "answer": ...}`,
    or None for an empty pad. A listener in Python gets the picture: PNG bytes, 280x280 pixels,
    dark ink on white paper, or None.
    """

    def __init__(self, recognize: Callable[[bytes], Answer], **kwargs: Any):
        """`recognize` takes PNG bytes and returns what the browser is to show, as JSON.

        A ValueError from it reaches the visitor as a sentence under the pad.
        """

        def answer(picture: Any) -> Answer:
            try:
                return recognize(png_bytes(picture))
            except ValueError as error:
                return {"error": str(error)}

        answer.__name__ = "recognize"  # what the script calls it
        super().__init__(
            html_template=(HERE / "sketchpad.html").read_text(encoding="utf-8"),
            css_template=(HERE / "sketchpad.css").read_text(encoding="utf-8"),
            js_on_load=(HERE / "sketchpad.js").read_text(encoding="utf-8"),
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
            return png_bytes(payload.get("picture") if isinstance(payload, dict) else payload)
        except ValueError as error:
            raise refusal(str(error)) from error

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"picture": {"type": "string"}}}


def png_bytes(data_url: Any) -> bytes:
    """The bytes in a `data:image/png;base64,...` address; ValueError, in one sentence, without."""
    if not isinstance(data_url, str) or not data_url.startswith(DATA_URL):
        raise ValueError(f"The drawing has to be an address that begins with {DATA_URL}.")
    if len(data_url) > MAX_PICTURE:
        raise ValueError("The drawing is too large: the pad sends 280 by 280 pixels.")
    try:
        return base64.b64decode(data_url.removeprefix(DATA_URL), validate=True)
    except binascii.Error as error:
        raise ValueError("The drawing is not valid base64.") from error
