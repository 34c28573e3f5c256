"""What the API takes and gives besides pictures: the label widget, its k, and JSON."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components.label import LabelData
from gradio.data_classes import JsonData

from page.refusal import refusal


class DigitLabel(gr.Label):
    """`gr.Label` names the most probable class; this one names what it is told to."""

    is_template = True  # for the browser it is a gr.Label

    def postprocess(self, value: dict[str, Any] | None) -> LabelData | dict:  # type: ignore[override]
        """Takes a label and the confidences below it, as they are; None empties the widget."""
        return {} if value is None else LabelData.model_validate(value)


class JsonText(JsonData):
    def __str__(self) -> str:
        return self.model_dump_json()


class Report(gr.JSON):
    """`gr.JSON` whose value, written as text for MCP clients, is JSON as well."""

    is_template = True  # for the browser it is a gr.JSON

    def postprocess(self, value: Any) -> JsonText | None:
        data = super().postprocess(value)
        return None if data is None else JsonText(data.root)


class TopK(gr.Number):
    """How many confidences an API caller wants: a whole number from 1 to 10, never rounded."""

    is_template = True  # for the browser it is a gr.Number

    def preprocess(self, payload: Any) -> int:
        """Raises gr.Error, with one sentence, for anything but a whole number within the bounds."""
        if payload is None:
            return int(self.value)
        if isinstance(payload, bool) or payload not in range(1, 11):
            raise refusal(f"top_k must be a whole number from 1 to 10, not {payload!r}.")
        return int(payload)
