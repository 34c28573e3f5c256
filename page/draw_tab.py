"""The Draw tab: the pad on the left, the answer, examples and history on the right."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
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
from page.examples import EXAMPLE_FILES
from page.history import History
from page.keep_correction import correction_functions
from page.label import DigitLabel
from page.sketchpad import Sketchpad

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from digit_model.hints import Hint
    from digit_model.reading import Reading
    from digit_model.serving.client import RecognizerClient


# Functions in JavaScript, which the browser runs for an event instead of asking the server.
# An answer has ten confidences: of a digit, or of the one that is chosen of a number. The label
# widget shows three of them, or all; of what was refused, none. Its empty value is {}.
LABEL_JS = """(answer, more) => answer?.confidences && !/not_a_digit|blank/.test(answer.verdict)
  ? {label: answer.label, confidences: answer.confidences.slice(0, more ? 10 : 3)} : {}"""
DRAWING_TO_CARD_AND_LABEL_JS = f"""(drawing, more) => {{
  const answer = drawing && {{...drawing.answer, key: drawing.key, picture: drawing.picture}};
  return [answer, ({LABEL_JS})(answer, more)];
}}"""
LABEL_AND_PAD_JS = f"(answer, more) => [({LABEL_JS})(answer, more), {{show: answer}}]"
ALL_JS = f"(answer, more) => [answer, ({LABEL_JS})(answer, more), {{show: answer}}]"
FAILED_JS = """() => {
  const answer = {error: "The server has no answer at the moment: try again."};
  return [answer, {}, {show: answer}];
}"""
WAIT_JS = "() => ({wait: true})"
TURN_JS = "(answer) => ({turn: answer.turn})"
IDENTITY_JS = "(answer) => answer"
# On a phone the pad may be out of sight, above the examples.
SCROLL_TO_PAD_JS = """() => {
  document.querySelector("#pad").scrollIntoView({block: "nearest", behavior: "smooth"});
}"""


def add_draw_tab(recognizer: RecognizerClient, store: CorrectionStore) -> None:
    """Adds its components and their events to the enclosing gr.Blocks."""

    async def answer_drawing(png: bytes, pen_is_up: bool) -> dict[str, Any]:
        return full_answer(*await recognizer.recognize_drawing(png, urgent=pen_is_up))

    async def answer_on_pad(picture: bytes) -> dict[str, Any]:
        prediction, milliseconds = await recognizer.recognize_drawing(picture, urgent=True)
        hint = await recognizer.find_hint(picture, prediction)
        return full_answer(prediction, milliseconds, hint=hint)

    async def answer_file(file: str | None) -> Any:
        if file is None:
            return gr.skip()
        try:
            reading, hint = await unless_caller_leaves(read_with_hint(file))
        except ValueError as error:
            return {"error": str(error)}
        answer = full_answer(reading.prediction, reading.milliseconds, reading.picture, hint)
        return answer | {"key": f"picture {uuid.uuid4().hex}"}

    async def read_with_hint(file: str) -> tuple[Reading, Hint | None]:
        reading = await recognizer.read_file(file)
        return reading, await recognizer.find_hint(file, reading.prediction)

    async def explain(request: dict[str, Any]) -> dict[str, Any]:
        picture = decode_data_url(request.get("picture"))
        evidence = await recognizer.explain(picture, str(request.get("label")))
        return {"evidence": to_base64(np.rint(127 * evidence).astype(np.int8))}

    async def change(request: dict[str, Any]) -> dict[str, Any]:
        picture = decode_data_url(request.get("picture"))
        toward = str(request.get("label"))
        found = await unless_caller_leaves(recognizer.counterfactual(picture, toward))
        return {"change": counterfactual_answer(found)}

    correct, withdraw = correction_functions(recognizer, store)
    with gr.Row(elem_id="draw-columns"):
        with gr.Column(elem_id="input-column"):
            pad = Sketchpad(answer_drawing, answer_on_pad, elem_id="pad")
        with gr.Column(elem_id="answer-column"):
            card = AnswerCard(explain, change, correct, withdraw, elem_id="card")
            label = DigitLabel(show_label=False, show_heading=False, elem_id="label")
            more = gr.Checkbox(label="More guesses", container=False, elem_id="more")
            with gr.Column(elem_id="examples", visible=bool(EXAMPLE_FILES)):
                gr.HTML("<p>Or one of these pictures</p>")
                with gr.Row():
                    examples = [gr.Button(example_title(f), icon=f) for f in EXAMPLE_FILES]
            history = History(elem_id="history")

    def show_answer(event: Any, answer: Callable[..., Awaitable[Any]], inputs: Any) -> None:
        """Show what `answer` returns on the card, the bars and the pad."""
        answered = event(answer, inputs, card, **PRIVATE_EVENT)
        answered.failure(None, None, [card, label, pad], js=FAILED_JS, **PRIVATE_EVENT)
        shown = answered.then(
            None, [card, more], [label, pad], js=LABEL_AND_PAD_JS, **PRIVATE_EVENT
        )
        shown.then(None, js=SCROLL_TO_PAD_JS, **PRIVATE_EVENT)

    pad.input(None, [pad, more], [card, label], js=DRAWING_TO_CARD_AND_LABEL_JS, **PRIVATE_EVENT)
    show_answer(pad.upload, answer_file, pad)
    for button, file in zip(examples, EXAMPLE_FILES, strict=True):
        button.click(None, None, pad, js=WAIT_JS, **PRIVATE_EVENT)
        show_answer(button.click, partial(answer_file, file), None)
    card.turn(None, card, pad, js=TURN_JS, **PRIVATE_EVENT)
    # The card's value is the whole answer, so more guesses need no server and no new drawing.
    more.input(None, [card, more], label, js=LABEL_JS, **PRIVATE_EVENT)
    # So does another digit of a number.
    card.choose(None, [card, more], label, js=LABEL_JS, **PRIVATE_EVENT)
    card.settle(None, card, history, js=IDENTITY_JS, **PRIVATE_EVENT)
    history.select(None, [history, more], [card, label, pad], js=ALL_JS, **PRIVATE_EVENT)


def example_title(file: str) -> str:
    """A file's name as words: "examples/crossed-seven.png" is "Crossed seven"."""
    return Path(file).stem.replace("-", " ").replace("_", " ").capitalize()
