"""The pad that visitors draw on, and put pictures on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from page.component import Answer, Component, ServerFunction
from page.data_url import decode_data_url
from page.image_upload import UploadedFile, uploaded_path

if TYPE_CHECKING:
    from page.server.limits import Limits

HERE = Path(__file__).parent


class Sketchpad(Component):
    """A square of paper, or a picture to draw upon, that is recognised whenever it changes.

    While the visitor draws, the browser calls `recognize` with the picture, one call at a time.
    Each answer triggers `input`, so that a listener in JavaScript can show it without another
    request. In the browser, the value is then `{"key", "picture", "answer"}`: the key differs for
    each drawing, and the picture is a data URL. For an empty pad the value is None, or
    `{"left": value}` with the value of what was answered before it was cleared.

    A picture file that is chosen, photographed, pasted, or dropped onto the pad, is uploaded. That
    triggers `upload`; in the browser, the value is then `{"file": FileData}`, and a listener in
    Python gets the path of the file on the server.

    That listener, and other parts of the page, set the value to what is to come onto the pad:
    `{"expect": name}` of it first, an upload's being its path, then `{"arrive": name, "answer":
    answer}`, for an answer with its picture, or `{"fail": name}`, of the latest upload "the
    upload". What may come twice has the time as "at". Unless the pad has changed meanwhile, this
    triggers `input`, too. `{"turn": degrees}` turns the picture on the pad.
    """

    def __init__(
        self,
        recognize: Callable[[bytes, bool], Awaitable[Answer]],
        read_picture: Callable[[bytes], Awaitable[Answer]],
        limits: Limits,
        **kwargs: Any,
    ):
        """The browser calls two functions.

        Args:
            recognize: takes PNG bytes, and whether the pen is up; returns the answer as JSON.
            read_picture: likewise for a picture on the pad, PNG or JPEG, while the pen is up.
            limits: of what may be uploaded.
            kwargs: as for gr.HTML.

        The pad shows the message of their ValueError to the visitor.
        """

        def of_data_url(read: Callable[[bytes], Awaitable[Answer]]) -> ServerFunction:
            async def call(picture: Any) -> Answer:
                return await read(decode_data_url(picture))

            return call

        super().__init__(
            HERE,
            start="startSketchpad",
            functions={
                "recognize": of_data_url(lambda picture: recognize(picture, False)),
                "recognize_finished": of_data_url(lambda picture: recognize(picture, True)),
                "read_picture": of_data_url(read_picture),
            },
            facts={"MOST_MB": str(limits.max_upload_mb)},
            takes=object,  # a data URL, or decoding says what is wrong
            **kwargs,
        )

    def preprocess(self, payload: Any) -> str | None:
        """The path of the uploaded file in a value from the browser; None if there is none.

        Raises gr.Error, with one sentence, if a caller names anything but an upload.
        """
        file = payload.get("file") if isinstance(payload, dict) else None
        return None if file is None else uploaded_path(UploadedFile.model_validate(file))

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "properties": {"file": {"type": "object"}}}
