"""The first tab: draw a digit or hand over a picture of one, and the answer beside it."""

from __future__ import annotations

import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from page.answer import full_answer, in_base64
from page.answer_card import AnswerCard
from page.data_url import picture_bytes
from page.events import PRIVATE
from page.history import History
from page.image_upload import ImageUpload
from page.keep_correction import keep_correction
from page.label import DigitLabel
from page.sketchpad import Sketchpad

if TYPE_CHECKING:
    from digit_model import DigitRecognizer
    from digit_model.correction_store import CorrectionStore

EXAMPLES = Path(__file__).parents[1] / "examples"
PICTURES = sorted(map(str, [*EXAMPLES.glob("*.png"), *EXAMPLES.glob("*.jpg")]))

# What the browser does with an answer, which has all ten confidences: show k of them. An empty
# label widget has the value {}.
CUT = """(answer, k) => answer?.confidences
  ? {label: answer.label, confidences: answer.confidences.slice(0, k)} : {}"""
SHOW = f"(answer, k) => [answer, ({CUT})(answer, k)]"
SHOW_DRAWING = f"""(drawing, k) => {{
  const answer = drawing && {{...drawing.answer, key: drawing.key, picture: drawing.picture}};
  return [answer, ({CUT})(answer, k)];
}}"""
SHOW_FILE = "(drawing) => drawing?.file ?? null"
SAME = "(answer) => answer"

# On a phone the answer is above the pictures, out of sight.
REVEAL = """() => {
  document.querySelector("#card").scrollIntoView({block: "nearest", behavior: "smooth"});
}"""


# Nothing can be seen of a file that can't be read; by now there may be another one, though.
DROP = """(photo, answer) =>
  answer?.error && photo?.path === answer.file ? null : {__type__: "update"}"""


def add_draw_tab(recognizer: DigitRecognizer, store: CorrectionStore) -> None:
    """Adds its components, and what happens between them, to the gr.Blocks around the call."""

    def answer_drawing(png: bytes) -> dict[str, Any]:
        return full_answer(recognizer, png)

    def answer_photo(file: str | None, k: int) -> tuple[Any, Any]:
        if file is None:
            return gr.skip(), gr.skip()
        try:
            answer = full_answer(recognizer, file, with_picture=True)
        except ValueError as error:
            return {"error": str(error), "file": file}, None
        answer["key"] = f"picture {uuid.uuid4().hex}"
        label = {"label": answer["label"], "confidences": answer["confidences"][:k]}
        return answer, label

    def explain(question: dict[str, Any]) -> dict[str, Any]:
        picture = picture_bytes(question.get("picture"))
        evidence = recognizer.explain(picture, str(question.get("label")))
        return {"evidence": in_base64(np.rint(127 * evidence).astype(np.int8))}

    def correct(question: dict[str, Any]) -> dict[str, Any]:
        picture = picture_bytes(question.get("picture"))
        label, consent = str(question.get("label")), question.get("consent")
        return keep_correction(recognizer, store, picture, label, consent=consent)

    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="paper"):
            pad = Sketchpad(answer_drawing, elem_id="pad")
            photo = ImageUpload(label="Or a picture of a digit", height=200, elem_id="photo")
        with gr.Column(elem_id="answer"):
            card = AnswerCard(explain, correct, elem_id="card")
            label = DigitLabel(show_label=False, show_heading=False, elem_id="label")
            top_k = gr.Slider(
                1, 10, 3, step=1, label="Guesses to show", buttons=[], elem_id="top-k"
            )
            with gr.Column(elem_id="examples", visible=bool(PICTURES)):
                gr.HTML("<p>Or one of these pictures</p>")
                with gr.Row():
                    examples = [gr.Button(title(file), icon=file) for file in PICTURES]
            history = History(elem_id="history")

    # The whole answer stays in the browser, so that another k needs neither drawing nor server.
    shown = [card, label]
    pad.input(None, [pad, top_k], shown, js=SHOW_DRAWING, **PRIVATE)
    pad.upload(None, pad, photo, js=SHOW_FILE, **PRIVATE)
    answered = photo.change(answer_photo, [photo, top_k], shown, **PRIVATE)
    answered.then(None, js=REVEAL, **PRIVATE).then(None, [photo, card], photo, js=DROP, **PRIVATE)
    photo.clear(None, None, shown, js="() => [null, {}]", **PRIVATE)
    for button, file in zip(examples, PICTURES, strict=True):
        button.click(partial(str, file), None, photo, **PRIVATE)
        button.keep_in_cache |= button.temp_files  # its icon stays when old files are deleted
    top_k.input(None, [card, top_k], label, js=CUT, **PRIVATE)
    card.settle(None, card, history, js=SAME, **PRIVATE)
    history.select(None, [history, top_k], shown, js=SHOW, **PRIVATE)


def title(file: str) -> str:
    """A file's name as words: "examples/crossed-seven.png" is "Crossed seven"."""
    return Path(file).stem.replace("-", " ").replace("_", " ").capitalize()
