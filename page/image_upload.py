"""A `gr.Image` that hands over the file as it was sent, and nothing but a file that was sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like

from page.errors import user_error


class UploadedFile(ImageData):
    """Names a file that was uploaded before."""

    @classmethod
    def model_validate(cls, value: Any, **kwargs: Any) -> UploadedFile:  # type: ignore[override]
        """Raises gr.Error unless `value` has the mark of an upload.

        Gradio looks into its upload folder only for what has that mark: without this, a caller
        could leave it out and name any file on the server.
        """
        if not is_file_obj_with_meta(value):
            raise user_error("The image has to be an uploaded file, such as handle_file() sends.")
        return super().model_validate(value, **kwargs)


class ImageUpload(gr.Image):
    """SentPicture, clipboard and webcam, with a preview, for a function that decodes images itself.

    `gr.Image` opens and converts the file before the function runs: broken files then fail with a
    message of Pillow's, 16-bit ones are clipped, transparent ones turn black, and large ones are
    decoded before anybody has looked at their size. This one gives the function the path of the
    untouched file (str), or None.
    """

    is_template = True  # for the browser it is a gr.Image
    data_model = UploadedFile

    def preprocess(self, payload: ImageData | None) -> str | None:
        """The path, which Gradio has found to lead into its upload folder; gr.Error without one."""
        if payload is None:
            return None
        if payload.path is None or not Path(payload.path).is_file():
            raise user_error("No image file came with the request.")
        return payload.path

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """Gradio would download an address that an API caller sends in place of a file."""
        if is_http_url_like(str(url_or_file_path)):
            raise user_error("Send the image file itself, not its address.")
        return await super().async_move_resource_to_block_cache(url_or_file_path)
