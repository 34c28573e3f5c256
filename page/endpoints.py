"""The public API: `/predict` and `/recognize`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import gradio as gr

from digit_model import ImageError
from page.answer import label_value
from page.label import DigitLabel, TopK
from page.photo import Photo
from page.refusal import refusal

if TYPE_CHECKING:
    from digit_model import DigitRecognizer, Prediction


def add_endpoints(recognizer: DigitRecognizer) -> None:
    """Adds them to the gr.Blocks around the call, on components that the page doesn't show."""

    def read(image: str | None, top_k: int) -> Prediction:
        if image is None:
            raise refusal("No image file came with the request.")
        try:
            return recognizer.predict(image, top_k=top_k)
        except ImageError as error:
            raise refusal(str(error)) from error

    def predict(image: str | None, top_k: int) -> dict[str, Any]:
        """Recognise the handwritten digit in an image file.

        Returns the label ("0" to "9", "not a digit" or "blank") and the top_k (1 to 10) most
        probable digits with their confidences, best first.
        """
        return label_value(read(image, top_k), top_k)

    def recognize(image: str | None, top_k: int) -> dict[str, Any]:
        """Recognise the handwritten digit in an image file, with everything known about the answer.

        Returns label ("0" to "9", or null), verdict ("digit", "unsure", "not_a_digit" or "blank"),
        confidence (of the most probable digit), digit_score (0 to 1, how digit-like the ink is),
        confidences (the top_k, 1 to 10, most probable digits), model (id, revision and sha256 of
        the weights) and milliseconds (spent on decoding and recognising).
        """
        start = time.perf_counter()
        prediction = read(image, top_k)
        elapsed = 1000 * (time.perf_counter() - start)
        return {
            "label": prediction.label,
            "verdict": prediction.verdict,
            "confidence": float(prediction.confidence),
            "digit_score": float(prediction.digit_score),
            "confidences": label_value(prediction, top_k)["confidences"],
            "model": {
                "id": recognizer.id,
                "revision": recognizer.revision,
                "sha256": recognizer.sha256,
            },
            "milliseconds": round(elapsed, 1),
        }

    inputs = [Photo(label="image", visible=False), TopK(3, label="top_k", visible=False)]
    label, report = DigitLabel(visible=False), gr.JSON(label="report", visible=False)
    # Past the queue; and no waiting for those who join it all the same, as gradio_client does.
    endpoint: dict[str, Any] = {"queue": False, "concurrency_limit": None}
    gr.on([], predict, inputs, label, api_name="predict", **endpoint)
    gr.on([], recognize, inputs, report, api_name="recognize", **endpoint)
