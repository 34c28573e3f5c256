"""The pad that visitors draw on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from page.data_url import decode_data_url
from page.errors import user_error
from page.scripts import load_scripts

HERE = Path(__file__).parent

Answer = dict[str, Any]


class Sketchpad(gr.HTML):
    """A square of paper whose drawing is recognised whenever it changes.

    While the visitor draws, the browser calls `recognize` with the picture, one call at a time.
    Each answer triggers `input`, so that a listener in JavaScript can show it without another
    request. In the browser, the value is then `{"key", "picture", "answer"}`: the key differs for
    each drawing, and the picture is a data URL. For an empty pad the value is None. A listener in
    Python gets the picture: PNG bytes, 280×280 pixels, dark ink on white paper; or None.

    A picture file that is pasted, or dropped onto the pad, is uploaded. That triggers `upload`,
    and the value in the browser is `{"file": FileData}`.
    """

    def __init__(self, recognize: Callable[[bytes, bool], Awaitable[Answer]], **kwargs: Any):
        """`recognize` takes PNG bytes, and whether the pen is up; it returns the answer as JSON.

        The pad shows the message of its ValueError to the visitor.
        """

        def server_function(name: str, *, pen_is_up: bool) -> Callable[[Any], Awaitable[Answer]]:
            async def call(picture: Any) -> Answer:
                try:
                    return await recognize(decode_data_url(picture), pen_is_up)
                except ValueError as error:
                    return {"error": str(error)}

            call.__name__ = name  # as recognition.js calls it
            return call

        super().__init__(
            html_template=(HERE / "sketchpad.html").read_text(encoding="utf-8"),
            css_template=(HERE / "sketchpad.css").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startSketchpad"),
            apply_default_css=False,
            server_functions=[
                server_function("recognize", pen_is_up=False),
                server_function("recognize_finished", pen_is_up=True),
            ],
            **kwargs,
        )

    def preprocess(self, payload: Any) -> bytes | None:  # type: ignore[override]
        """The picture of a value from the browser, as PNG bytes; None for an empty pad.

        Raises gr.Error, with one sentence, if an API caller has sent anything else.
        """
        if payload is None:
            return None
        try:
            return decode_data_url(payload.get("picture") if isinstance(payload, dict) else payload)
        except ValueError as error:
            raise user_error(str(error)) from error

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"picture": {"type": "string"}}}
