"""The public API: `/predict`, `/recognize`, `/read_number`, `/predict_batch` and so on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from page.api_types import JsonOutput, TopK
from page.caller import unless_caller_leaves
from page.errors import user_error
from page.files_upload import FilesUpload, UploadedPicture
from page.image_upload import ImageUpload
from page.keep_correction import keep_correction
from page.label import DigitLabel, label_value
from page.model_info import model_info
from page.pictures import Picture
from page.wording import with_article

if TYPE_CHECKING:
    from digit_model import Prediction
    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient
    from page.server.limits import Limits


def add_endpoints(recognizer: RecognizerClient, store: CorrectionStore, limits: Limits) -> None:
    """Adds the endpoints, with hidden components for them, to the enclosing gr.Blocks."""

    async def recognize_one(image: str | None) -> tuple[Prediction, float]:
        path = require_image(image)
        try:
            return await unless_caller_leaves(recognizer.recognize_file(path))
        except ValueError as error:
            raise user_error(str(error)) from error

    async def predict(image: str | None, top_k: int) -> dict[str, Any]:
        """Recognise the handwritten digit in an image file.

        Returns the label ("0" to "9", "several digits", "not a digit" or "blank") and the top_k (1
        to 10) most probable digits with their confidences, best first.

        Args:
            image: the file; MCP clients send it as an address data:image/png;base64,…
            top_k: how many digits to list, 1 to 10.
        """
        prediction, _ = await recognize_one(image)
        return label_value(prediction, top_k)

    async def recognize(image: str | None, top_k: int) -> dict[str, Any]:
        """Recognise the handwritten digit in an image file, with everything known about the answer.

        Returns label ("0" to "9", or null), verdict ("digit", "unsure", "several", "not_a_digit" or
        "blank"), number (all digits when there are several, or null), confidence (of the most
        probable digit), digit_score (0 to 1, how digit-like the ink is), confidences (the top_k, 1
        to 10, most probable digits), model (id, revision and sha256 of the weights) and
        milliseconds (spent on decoding and recognising).

        Args:
            image: the file; MCP clients send it as an address data:image/png;base64,…
            top_k: how many digits to list, 1 to 10.
        """
        prediction, milliseconds = await recognize_one(image)
        return {
            **prediction_json(prediction, top_k),
            "model": model_info(recognizer.model),
            "milliseconds": round(milliseconds, 1),
        }

    async def read_number(image: str | None) -> dict[str, Any]:
        """Read all handwritten digits in an image file: a number, or several lines of them.

        Returns text (the digits, line by line; "" when there is none), confidence (that all of it
        is right), digits (each mark's label, confidence, verdict and box: left, top, right and
        bottom in pixels of the upright picture; a dash has the verdict "not_a_digit") and
        milliseconds (spent on decoding and reading).

        Args:
            image: the file; MCP clients send it as an address data:image/png;base64,…
        """
        path = require_image(image)
        try:
            reading, milliseconds = await unless_caller_leaves(recognizer.read_number(path))
        except ValueError as error:
            raise user_error(str(error)) from error
        return {**reading.as_json(), "milliseconds": round(milliseconds, 1)}

    async def predict_batch(images: list[UploadedPicture], top_k: int) -> list[dict[str, Any]]:
        """Recognise the handwritten digit in each of many image files.

        Returns a list with an entry for each file, in order: label, verdict, number, confidence,
        digit_score and the top_k (1 to 10) confidences; for a file that can't be read, its entry
        is an object with nothing but an error, one sentence.

        Args:
            images: the files; MCP clients send addresses data:image/png;base64,…
            top_k: how many digits to list, 1 to 10.
        """

        async def answers() -> list[dict[str, Any]]:
            return [
                {"error": str(answer)}
                if isinstance(answer, ValueError)
                else prediction_json(answer[0], top_k)
                async for answer in recognizer.recognize_files([each.picture for each in images])
            ]

        return await unless_caller_leaves(answers())

    async def explain(
        image: str | None, label: str | None = None, toward: str | None = None
    ) -> np.ndarray:
        """Show which ink in an image file speaks for a digit, or what would make it another digit.

        Returns a picture of the digit as the network saw it: blue ink speaks for the label, orange
        ink against it, grey ink for neither. With toward, blue ink is the least to add, and orange
        the least to rub out, so that this digit is read; if no small change does it, a sentence
        says so.

        Args:
            image: the file; MCP clients send it as an address data:image/png;base64,…
            label: the digit, "0" to "9"; without one, the most probable digit is taken.
            toward: another digit, "0" to "9": what would make it this one? Comes without a label.
        """
        path = require_image(image)
        if label and toward:
            raise user_error("Ask about a label or toward another digit, not both.")
        drawing = (
            recognizer.draw_counterfactual(path, toward)
            if toward
            else recognizer.draw_explanation(path, label or None)
        )
        try:
            picture = await unless_caller_leaves(drawing)
        except ValueError as error:
            raise user_error(str(error)) from error
        if picture is None:
            raise user_error(f"No small change would make it {with_article(str(toward))}.")
        return picture

    async def submit_correction(
        image: str | None, label: str, consent: bool = False
    ) -> dict[str, str]:
        """Send an image file with the digit it really shows, to train later versions.

        Returns a receipt: the id under which the picture was stored, its label, and its name in
        the collection.

        Args:
            image: the file; MCP clients send it as an address data:image/png;base64,…
            label: what it really shows, "0" to "9" or "not a digit".
            consent: whether whoever sends it agrees; nothing is stored unless it is true.
        """
        path = require_image(image)
        try:
            return await keep_correction(recognizer, store, path, label, consent=consent)
        except (ValueError, OSError) as error:
            raise user_error(str(error)) from error

    image, top_k = ImageUpload(label="image", visible=False), TopK(3, label="top_k", visible=False)
    images = FilesUpload(limits, label="images", visible=False)
    label = gr.Textbox(label="label", visible=False)
    toward = gr.Textbox(label="toward", visible=False)
    consent = gr.Checkbox(label="consent", visible=False)
    answer, details = DigitLabel(visible=False), JsonOutput(label="report", visible=False)
    overlay = Picture(label="evidence", format="png", visible=False)
    # Without the queue. gradio_client uses it all the same: without a limit, no call waits in it.
    endpoint: dict[str, Any] = {"queue": False, "concurrency_limit": None}
    gr.on([], predict, [image, top_k], answer, api_name="predict", **endpoint)
    gr.on([], recognize, [image, top_k], details, api_name="recognize", **endpoint)
    gr.on([], read_number, image, details, api_name="read_number", **endpoint)
    gr.on([], predict_batch, [images, top_k], details, api_name="predict_batch", **endpoint)
    gr.on([], explain, [image, label, toward], overlay, api_name="explain", **endpoint)
    gr.on(
        [],
        submit_correction,
        [image, label, consent],
        details,
        api_name="submit_correction",
        **endpoint,
    )


def require_image(image: str | None) -> str:
    """The path of the image that came with the request. Raises gr.Error if none came."""
    if image is None:
        raise user_error("No image file came with the request.")
    return image


def prediction_json(prediction: Prediction, top_k: int) -> dict[str, Any]:
    """A prediction as `/recognize` and `/predict_batch` return it."""
    confidences = label_value(prediction, top_k)["confidences"]
    return {**prediction.as_json(), "confidences": confidences}
