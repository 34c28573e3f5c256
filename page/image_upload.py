"""A `gr.Image` that passes on the file as it was uploaded, and accepts nothing but uploads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like
from pydantic import ConfigDict

from page.errors import user_error

# A file on the caller's machine, for descriptions of the API; Gradio's would be refused, see below.
EXAMPLE_FILE = {"path": "crossed-seven.jpg", "meta": {"_type": "gradio.FileData"}}


class UploadedFile(ImageData):
    """A reference to a file that was uploaded before."""

    # For descriptions of the API, which would promise that addresses are fetched.
    model_config = ConfigDict(
        json_schema_extra={"description": "The image file itself; no address is fetched."}
    )

    @classmethod
    def model_validate(cls, value: Any, **kwargs: Any) -> UploadedFile:  # type: ignore[override]
        """Raises gr.Error unless `value` is marked as an upload, by `meta`.

        Gradio checks that a file is in its upload folder only if it has that mark. A caller who
        leaves out the mark could name any file on the server.
        """
        if not is_file_obj_with_meta(value):
            raise user_error("The image has to be an uploaded file, such as handle_file() sends.")
        return super().model_validate(value, **kwargs)


class ImageUpload(gr.Image):
    """Upload, clipboard and webcam, with a preview, for a function that decodes images itself.

    `gr.Image` opens and converts the file before the function runs. So broken files fail with
    Pillow's messages, 16-bit images are clipped, transparent ones turn black, and large ones are
    decoded before their size is checked. This component gives the function the path (str) of the
    unchanged file, or None.
    """

    is_template = True  # the browser shows it as a gr.Image
    data_model = UploadedFile

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path, which Gradio has found to be in its upload folder.

        Raises gr.Error if there is no such file.
        """
        return None if payload is None else uploaded_path(payload)

    def example_payload(self) -> dict[str, Any]:
        return EXAMPLE_FILE

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """Raises gr.Error for a URL, which Gradio would download for the caller."""
        if is_http_url_like(str(url_or_file_path)):
            raise user_error("Send the image file itself, not its address.")
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def uploaded_path(file: ImageData) -> str:
    """Where an uploaded file lies. Raises gr.Error if it isn't there."""
    if file.path is None or not Path(file.path).is_file():
        raise user_error("No image file came with the request.")
    return file.path
