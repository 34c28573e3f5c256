"""The API's components for JSON and for top_k."""

from __future__ import annotations

import reprlib
from typing import Any

import gradio as gr
from gradio.data_classes import JsonData

from page.errors import user_error


class JsonText(JsonData):
    def __str__(self) -> str:
        return self.model_dump_json()


class JsonOutput(gr.JSON):
    """A `gr.JSON` that MCP clients, which get the text of a value, receive as JSON, too."""

    is_template = True  # the browser shows it as a gr.JSON

    def postprocess(self, value: Any) -> JsonText | None:
        data = super().postprocess(value)
        return None if data is None else JsonText(data.root)


class TopK(gr.Number):
    """How many confidences an API caller wants: a whole number from 1 to 10, never rounded."""

    is_template = True  # the browser shows it as a gr.Number

    def preprocess(self, payload: Any) -> int:
        """Raises gr.Error, with one sentence, for anything but a whole number from 1 to 10."""
        if payload is None:
            return int(self.value)
        if isinstance(payload, bool) or payload not in range(1, 11):
            raise user_error(
                f"top_k must be a whole number from 1 to 10, not {reprlib.repr(payload)}."
            )
        return int(payload)
