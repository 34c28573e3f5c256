"""A `gr.File` for many pictures that hands over the files as they were sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.data_classes import ListFiles
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like

from page.data_url import picture_bytes
from page.errors import user_error
from page.image_upload import UploadedFile

MAX_FILES = 500
MAX_DATA_URL = 16 << 20  # characters


class SentPicture(NamedTuple):
    picture: str | bytes  # a path on the server, or the file itself
    name: str  # on the sender's machine


class UploadedFiles(ListFiles):
    """Names files that were uploaded before."""

    @classmethod
    def model_validate(cls, value: Any, **kwargs: Any) -> UploadedFiles:  # type: ignore[override]
        """Raises gr.Error unless each has the mark of an upload; see `UploadedFile`.

        Or is a data URL: Gradio uploads what an MCP client sends, but not in a list.
        """
        if not isinstance(value, list) or not all(is_upload(v) or is_data_url(v) for v in value):
            raise user_error(
                "The images have to be a list of uploaded files, such as handle_file() sends."
            )
        if len(value) > MAX_FILES:
            raise user_error(f"These are {len(value)} files; send {MAX_FILES} at most.")
        mark = {"_type": "gradio.FileData"}
        files = [{"path": v, "meta": mark} if isinstance(v, str) else v for v in value]
        return super().model_validate(files, **kwargs)


def is_upload(value: Any) -> bool:
    return is_file_obj_with_meta(value) and not is_data_url(value.get("path"))


def is_data_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("data:")


class FilesUpload(gr.File):
    """SentPicture of many files, each of which may turn out to be no picture."""

    is_template = True  # for the browser it is a gr.File

    def __init__(self, **kwargs: Any):
        super().__init__(file_count="multiple", **kwargs)
        self.data_model = UploadedFiles

    def get_config(self, cls: type | None = None) -> dict[str, Any]:
        return super().get_config(cls or gr.File)  # whose constructor names the options

    def preprocess(self, payload: ListFiles | None) -> list[SentPicture]:  # type: ignore[override]
        """The untouched files, which Gradio has found to lie in its upload folder."""
        if payload is None:
            return []
        try:
            return [
                SentPicture(picture_bytes(file.path, MAX_DATA_URL), "picture")
                if is_data_url(file.path)
                else SentPicture(file.path, file.orig_name or Path(file.path).name)
                for file in payload
            ]
        except ValueError as error:
            raise user_error(str(error)) from error

    def api_info(self) -> dict[str, Any]:
        """Without references, which Gradio loses on the way to MCP clients."""
        return {"type": "array", "items": UploadedFile.model_json_schema()}

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """Gradio would download an address that an API caller sends in place of a file."""
        if is_http_url_like(str(url_or_file_path)):
            raise user_error("Send the image files themselves, not their addresses.")
        return await super().async_move_resource_to_block_cache(url_or_file_path)
