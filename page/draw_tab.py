"""The Draw tab: the pad on the left, the answer, examples and history on the right."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np

from page.answer import counterfactual_answer, full_answer, to_base64
from page.answer_card import AnswerCard
from page.asked_picture import asked_picture
from page.caller import unless_caller_leaves
from page.events import AT_ONCE, PRIVATE_EVENT
from page.examples import EXAMPLE_FILES
from page.history import History
from page.keep_correction import correction_functions
from page.label import DigitLabel
from page.sketchpad import Sketchpad
from page.wording import typeset

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from digit_model.hints import Hint
    from digit_model.serving.client import RecognizerClient
    from digit_model.serving.timed import TimedPrediction
    from page.server.limits import Limits

HINT_SECONDS = 4.0  # that a pad waits to say why a picture was refused; the page waits for 8

# Functions in JavaScript, which the browser runs for an event instead of asking the server.
# An answer has ten confidences: of a digit, or of the one that is chosen of a number. The label
# widget shows three of them, or all; of what was refused, none. Its empty value is {}.
LABEL_JS = """(answer, more) => answer?.confidences && !/not_a_digit|blank/.test(answer.verdict)
  ? {label: answer.label, confidences: answer.confidences.slice(0, more ? 10 : 3)} : {}"""
ANSWER_JS = """(answered) =>
  answered && {...answered.answer, key: answered.key, picture: answered.picture}"""
# The history gets what is cleared before the card has settled on it, and else stays as it is.
ANSWERED_JS = f"""(answered, more) => {{
  if (answered?.left) return [null, {{}}, {{left: ({ANSWER_JS})(answered.left)}}];
  const answer = ({ANSWER_JS})(answered);
  return [answer, ({LABEL_JS})(answer, more), {{__type__: "update"}}];
}}"""
SHOW_AGAIN_JS = "(answer) => ({expect: answer.key, arrive: answer.key, answer, at: Date.now()})"
TURN_JS = "(answer) => ({turn: answer.turn})"
IDENTITY_JS = "(answer) => answer"


def add_draw_tab(recognizer: RecognizerClient, store: CorrectionStore, limits: Limits) -> None:
    """Adds its components and their events to the enclosing gr.Blocks."""

    async def answer_drawing(png: bytes, pen_is_up: bool) -> dict[str, Any]:
        return full_answer(*await recognizer.recognize_drawing(png, urgent=pen_is_up))

    async def answer_on_pad(picture: bytes) -> dict[str, Any]:
        prediction, milliseconds = await recognizer.recognize_drawing(picture, urgent=True)
        hint = None
        with contextlib.suppress(TimeoutError):  # behind others' files: the pad waits for none
            async with asyncio.timeout(HINT_SECONDS):
                hint = await recognizer.find_hint(picture, prediction)
        return full_answer(prediction, milliseconds, hint=hint)

    async def answer_upload(file: str | None) -> Any:
        return gr.skip() if file is None else {"arrive": file, "answer": await answer_file(file)}

    async def answer_example(file: str) -> Any:
        return {"arrive": Path(file).name, "answer": await answer_file(file)}

    async def answer_file(file: str) -> dict[str, Any]:
        try:
            reading, hint = await unless_caller_leaves(read_with_hint(file))
        except ValueError as error:
            return {"error": typeset(str(error))}
        answer = full_answer(reading.prediction, reading.milliseconds, reading.picture, hint)
        return answer | {"key": f"picture {uuid.uuid4().hex}"}

    async def read_with_hint(file: str) -> tuple[TimedPrediction, Hint | None]:
        reading = await recognizer.read_file(file)
        return reading, await recognizer.find_hint(file, reading.prediction)

    async def explain(request: dict[str, Any]) -> dict[str, Any]:
        picture = await asked_picture(recognizer, request)
        evidence = await recognizer.explain(picture, str(request.get("label")))
        return {"evidence": to_base64(np.rint(127 * evidence).astype(np.int8))}

    async def change(request: dict[str, Any]) -> dict[str, Any]:
        picture = await asked_picture(recognizer, request)
        toward = str(request.get("label"))
        found = await unless_caller_leaves(recognizer.counterfactual(picture, toward))
        return {"change": counterfactual_answer(found)}

    correct, withdraw = correction_functions(recognizer, store)
    with gr.Row(elem_id="draw-columns"):
        with gr.Column(elem_id="input-column"):
            pad = Sketchpad(answer_drawing, answer_on_pad, limits, elem_id="pad")
        with gr.Column(elem_id="answer-column"):
            card = AnswerCard(explain, change, correct, withdraw, elem_id="card")
            label = DigitLabel(show_label=False, show_heading=False, elem_id="label")
            more = gr.Checkbox(label="More guesses", container=False, elem_id="more")
            with gr.Column(elem_id="examples", visible=bool(EXAMPLE_FILES)):
                gr.HTML("<p>Or one of these pictures</p>")
                with gr.Row():
                    examples = [gr.Button(example_title(f), icon=f) for f in EXAMPLE_FILES]
            history = History(elem_id="history")

    pad.input(None, [pad, more], [card, label, history], js=ANSWERED_JS, **PRIVATE_EVENT)
    answered = pad.upload(answer_upload, pad, pad, **AT_ONCE)
    answered.failure(None, None, pad, js=tell_js("fail", "the upload"), **AT_ONCE)
    for button, file in zip(examples, EXAMPLE_FILES, strict=True):
        name = Path(file).name
        button.click(None, None, pad, js=tell_js("expect", name), **AT_ONCE)
        answered = button.click(partial(answer_example, file), None, pad, **AT_ONCE)
        answered.failure(None, None, pad, js=tell_js("fail", name), **AT_ONCE)
    card.turn(None, card, pad, js=TURN_JS, **PRIVATE_EVENT)
    # The card's value is the whole answer, so more guesses need no server and no new drawing.
    more.input(None, [card, more], label, js=LABEL_JS, **PRIVATE_EVENT)
    # So does another digit of a number.
    card.choose(None, [card, more], label, js=LABEL_JS, **PRIVATE_EVENT)
    card.settle(None, card, history, js=IDENTITY_JS, **PRIVATE_EVENT)
    history.select(None, history, pad, js=SHOW_AGAIN_JS, **PRIVATE_EVENT)


def tell_js(what: str, name: str) -> str:
    """What the pad is told; each time anew, as Gradio passes on no value that is the same again."""
    return f"() => ({{{what}: {json.dumps(name)}, at: Date.now()}})"


def example_title(file: str) -> str:
    """A file's name as words: "examples/crossed-seven.png" is "Crossed seven"."""
    return Path(file).stem.replace("-", " ").replace("_", " ").capitalize()
