"""The label widget, and what it says of a prediction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.components.label import LabelData

if TYPE_CHECKING:
    from digit_model import Prediction

NO_DIGIT = {"not_a_digit": "not a digit", "blank": "blank"}  # by verdict, in place of a digit


def label_value(prediction: Prediction, top_k: int) -> dict[str, Any]:
    """A prediction as the widget's value, with the `top_k` highest confidences."""
    return {
        "label": NO_DIGIT.get(prediction.verdict, prediction.label),
        "confidences": [
            {"label": digit, "confidence": float(confidence)}
            for digit, confidence in prediction.top_k[:top_k]
        ],
    }


class DigitLabel(gr.Label):
    """`gr.Label` names the most probable class; this one names what it is told to."""

    is_template = True  # for the browser it is a gr.Label

    def postprocess(self, value: dict[str, Any] | None) -> LabelData | dict:  # type: ignore[override]
        """Takes a label and the confidences below it, as they are; None empties the widget."""
        return {} if value is None else LabelData.model_validate(value)
