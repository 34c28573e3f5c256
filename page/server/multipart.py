"""What an upload's form may hold: files, under the one name that Gradio reads."""

from __future__ import annotations

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from page.server.answers import Refusal

FIELD = b"files"


class FormGuard:
    """Reads a form as it passes by, and keeps nothing of it."""

    def __init__(self, content_type: bytes, max_files: int) -> None:
        """Raises Refusal unless it is multipart/form-data with a boundary."""
        kind, parameters = parse_options_header(content_type)
        boundary = parameters.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(400, "An upload has to be multipart/form-data with a boundary.")
        self._max_files = max_files
        self._files = 0
        self._name, self._value = b"", b""
        self._options: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_to_name,
                "on_header_value": self._add_to_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._check_part,
            },
        )

    def feed(self, data: bytes) -> None:
        """Raises Refusal at the first part that is refused."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            # Among these: more or longer headers in a part than the parser takes.
            raise Refusal(400, "The upload's form could not be read.") from error

    def _begin_part(self) -> None:
        self._options = {}

    def _add_to_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _add_to_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _end_header(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._options = parse_options_header(self._value)[1]
        self._name, self._value = b"", b""

    def _check_part(self) -> None:
        if self._options.get(b"name") != FIELD or b"filename" not in self._options:
            raise Refusal(400, "An upload holds files under the name files, and nothing else.")
        self._files += 1
        if self._files > self._max_files:
            raise Refusal(413, f"These are too many files; send {self._max_files} at most.")
