"""The Draw tab: a pad and an upload on the left, the answer, examples and history on the right."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from page.answer import counterfactual_answer, full_answer, to_base64
from page.answer_card import AnswerCard
from page.caller import unless_caller_leaves
from page.data_url import decode_data_url
from page.events import PRIVATE_EVENT
from page.history import History
from page.image_upload import ImageUpload
from page.keep_correction import keep_correction
from page.label import DigitLabel
from page.sketchpad import Sketchpad

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient

EXAMPLES = Path(__file__).parents[1] / "examples"
EXAMPLE_FILES = sorted(map(str, [*EXAMPLES.glob("*.png"), *EXAMPLES.glob("*.jpg")]))

# Functions in JavaScript, which the browser runs for an event instead of asking the server.
# An answer has ten confidences: of a digit, or of the one that is chosen of a number. The label
# widget shows k of them. Its empty value is {}.
LABEL_JS = """(answer, k) => answer?.confidences
  ? {label: answer.label, confidences: answer.confidences.slice(0, k)} : {}"""
CARD_AND_LABEL_JS = f"(answer, k) => [answer, ({LABEL_JS})(answer, k)]"
DRAWING_TO_CARD_AND_LABEL_JS = f"""(drawing, k) => {{
  const answer = drawing && {{...drawing.answer, key: drawing.key, picture: drawing.picture}};
  return [answer, ({LABEL_JS})(answer, k)];
}}"""
EMPTY_CARD_AND_LABEL_JS = "() => [null, {}]"
UPLOADED_FILE_JS = "(drawing) => drawing?.file ?? null"
IDENTITY_JS = "(answer) => answer"
# On a phone the answer may be out of sight, above the examples.
SCROLL_TO_CARD_JS = """() => {
  document.querySelector("#card").scrollIntoView({block: "nearest", behavior: "smooth"});
}"""
# A file that can't be read has no preview, so it is removed; unless another one has replaced it.
REMOVE_UNREADABLE_JS = """(photo, answer) =>
  answer?.error && photo?.path === answer.file ? null : {__type__: "update"}"""


def add_draw_tab(recognizer: RecognizerClient, store: CorrectionStore) -> None:
    """Adds its components and their events to the enclosing gr.Blocks."""

    async def answer_drawing(png: bytes, pen_is_up: bool) -> dict[str, Any]:
        return full_answer(*await recognizer.recognize_drawing(png, urgent=pen_is_up))

    async def answer_photo(file: str | None, k: int) -> tuple[Any, Any]:
        if file is None:
            return gr.skip(), gr.skip()
        try:
            picture, prediction, milliseconds = await unless_caller_leaves(
                recognizer.read_file(file)
            )
        except ValueError as error:
            return {"error": str(error), "file": file}, None
        answer = full_answer(prediction, milliseconds, picture)
        answer["key"] = f"picture {uuid.uuid4().hex}"
        label = {"label": answer["label"], "confidences": answer["confidences"][:k]}
        return answer, label

    async def explain(request: dict[str, Any]) -> dict[str, Any]:
        picture = decode_data_url(request.get("picture"))
        evidence = await recognizer.explain(picture, str(request.get("label")))
        return {"evidence": to_base64(np.rint(127 * evidence).astype(np.int8))}

    async def change(request: dict[str, Any]) -> dict[str, Any]:
        picture = decode_data_url(request.get("picture"))
        toward = str(request.get("label"))
        found = await unless_caller_leaves(recognizer.counterfactual(picture, toward))
        return {"change": counterfactual_answer(found)}

    async def correct(request: dict[str, Any]) -> dict[str, Any]:
        picture = decode_data_url(request.get("picture"))
        label, consent = str(request.get("label")), request.get("consent")
        return await keep_correction(recognizer, store, picture, label, consent=consent)

    with gr.Row(elem_id="draw-columns"):
        with gr.Column(elem_id="input-column"):
            pad = Sketchpad(answer_drawing, elem_id="pad")
            photo = ImageUpload(
                label="Or a picture of a digit or a number", height=200, elem_id="photo"
            )
        with gr.Column(elem_id="answer-column"):
            card = AnswerCard(explain, change, correct, elem_id="card")
            label = DigitLabel(show_label=False, show_heading=False, elem_id="label")
            top_k = gr.Slider(
                1, 10, 3, step=1, label="Guesses to show", buttons=[], elem_id="top-k"
            )
            with gr.Column(elem_id="examples", visible=bool(EXAMPLE_FILES)):
                gr.HTML("<p>Or one of these pictures</p>")
                with gr.Row():
                    examples = [gr.Button(example_title(f), icon=f) for f in EXAMPLE_FILES]
            history = History(elem_id="history")

    answer = [card, label]
    pad.input(None, [pad, top_k], answer, js=DRAWING_TO_CARD_AND_LABEL_JS, **PRIVATE_EVENT)
    pad.upload(None, pad, photo, js=UPLOADED_FILE_JS, **PRIVATE_EVENT)
    (
        photo.change(answer_photo, [photo, top_k], answer, **PRIVATE_EVENT)
        .then(None, js=SCROLL_TO_CARD_JS, **PRIVATE_EVENT)
        .then(None, [photo, card], photo, js=REMOVE_UNREADABLE_JS, **PRIVATE_EVENT)
    )
    photo.clear(None, None, answer, js=EMPTY_CARD_AND_LABEL_JS, **PRIVATE_EVENT)
    for button, file in zip(examples, EXAMPLE_FILES, strict=True):
        button.click(partial(str, file), None, photo, **PRIVATE_EVENT)
    # The card's value is the whole answer, so another k needs neither the server nor a new drawing.
    top_k.input(None, [card, top_k], label, js=LABEL_JS, **PRIVATE_EVENT)
    # So does another digit of a number.
    card.choose(None, [card, top_k], label, js=LABEL_JS, **PRIVATE_EVENT)
    card.settle(None, card, history, js=IDENTITY_JS, **PRIVATE_EVENT)
    history.select(None, [history, top_k], answer, js=CARD_AND_LABEL_JS, **PRIVATE_EVENT)


def example_title(file: str) -> str:
    """A file's name as words: "examples/crossed-seven.png" is "Crossed seven"."""
    return Path(file).stem.replace("-", " ").replace("_", " ").capitalize()
