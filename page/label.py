"""The label widget and its value, which is also what `/predict` returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.label import LabelData

if TYPE_CHECKING:
    from digit_model import Prediction

# In place of a digit.
VERDICT_LABELS = {
    "several": "several digits",
    "not_a_digit": "not a digit",
    "blank": "blank",
}


def label_value(prediction: Prediction, top_k: int) -> dict[str, Any]:
    """The widget's value: a label, and the `top_k` highest confidences."""
    return {
        "label": VERDICT_LABELS.get(prediction.verdict, prediction.label),
        "confidences": [
            {"label": digit, "confidence": float(confidence)}
            for digit, confidence in prediction.top_k[:top_k]
        ],
    }


class DigitLabel(gr.Label):
    """A `gr.Label` with a label of its own; `gr.Label` always takes the most probable class."""

    is_template = True  # the browser shows it as a gr.Label

    def postprocess(self, value: dict[str, Any] | None) -> LabelData | dict:  # type: ignore[override]
        """Takes what `label_value` returns; None empties the widget."""
        return {} if value is None else LabelData.model_validate(value)
