"""A `gr.File` for many pictures that passes on the files as they were uploaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import gradio as gr
from gradio.data_classes import FileData, ListFiles
from gradio_client.utils import is_file_obj_with_meta, is_http_url_like

from page.data_url import decode_data_url
from page.errors import user_error
from page.image_upload import EXAMPLE_FILE, UploadedFile
from page.server.limits import Limits

MAX_DATA_URL_CHARACTERS = 16 << 20


class UploadedPicture(NamedTuple):
    picture: str | bytes  # the path of the file on the server, or its bytes
    name: str  # on the sender's machine


class UploadedFiles(ListFiles):
    """References to files that were uploaded before."""

    @classmethod
    def model_validate(cls, value: Any, **kwargs: Any) -> UploadedFiles:  # type: ignore[override]
        """Raises gr.Error unless each is marked as an upload, see `UploadedFile`, or a data URL.

        Data URLs come from MCP clients: Gradio uploads a file of theirs, but not a list of them.
        """
        if not isinstance(value, list) or not all(is_upload(v) or is_data_url(v) for v in value):
            raise user_error(
                "The images have to be a list of uploaded files, such as handle_file() sends."
            )
        upload_mark = {"_type": "gradio.FileData"}
        files = [{"path": v, "meta": upload_mark} if isinstance(v, str) else v for v in value]
        return super().model_validate(files, **kwargs)


def is_upload(value: Any) -> bool:
    return is_file_obj_with_meta(value) and not is_data_url(value.get("path"))


def is_data_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("data:")


# Computed once: Gradio asks for it with every call of the API by somebody new.
FILE_SCHEMA = UploadedFile.model_json_schema()


class FilesUpload(gr.File):
    """Upload of many files, for a function that finds out itself which of them are pictures."""

    is_template = True  # the browser shows it as a gr.File

    def __init__(self, limits: Limits | None = None, **kwargs: Any):
        """``kwargs`` are as for gr.File."""
        super().__init__(file_count="multiple", **kwargs)
        self.data_model = UploadedFiles
        self._limits = limits or Limits()

    def get_config(self, cls: type | None = None) -> dict[str, Any]:
        return super().get_config(cls or gr.File)  # whose constructor names the options

    def preprocess(self, payload: ListFiles | None) -> list[UploadedPicture]:  # type: ignore[override]
        """The unchanged files, which Gradio has found to be in its upload folder, or data URLs.

        Raises gr.Error if they are too many or, together, too large.
        """
        files = [] if payload is None else payload.root
        most = self._limits.max_batch_files
        if len(files) > most:
            raise user_error(f"These are {len(files)} files; send {most} at most.")
        megabytes = sum(map(_size, files)) / 1_000_000
        most = self._limits.max_batch_mb
        if megabytes > most:
            raise user_error(f"These files have {megabytes:.0f} MB together; send {most} at most.")
        return [
            UploadedPicture(_content(file.path), "picture")
            if is_data_url(file.path)
            else UploadedPicture(file.path, file.orig_name or Path(file.path).name)
            for file in files
        ]

    def api_info(self) -> dict[str, Any]:
        """A schema without references, because Gradio drops their targets for MCP clients."""
        return {"type": "array", "items": FILE_SCHEMA}

    def example_payload(self) -> list[dict[str, Any]]:
        return [EXAMPLE_FILE]

    async def async_move_resource_to_block_cache(self, url_or_file_path: Any) -> str | None:
        """Raises gr.Error for a URL, which Gradio would download for the caller."""
        if is_http_url_like(str(url_or_file_path)):
            raise user_error("Send the image files themselves, not their addresses.")
        return await super().async_move_resource_to_block_cache(url_or_file_path)


def _content(data_url: str) -> bytes:
    """The file's; of a broken one bytes that are no picture, so that the others are read."""
    try:
        return decode_data_url(data_url, MAX_DATA_URL_CHARACTERS)
    except ValueError:
        return b"data:"


def _size(file: FileData) -> int:
    """Bytes; 0 for a file that isn't there, which its reader will say."""
    if is_data_url(file.path):
        return len(file.path) * 3 // 4
    try:
        return Path(file.path).stat().st_size
    except (OSError, ValueError):
        return 0
