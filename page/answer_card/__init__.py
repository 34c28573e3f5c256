"""The answer card: the verdict, the picture, the evidence, and the form for corrections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import gradio as gr

from page.scripts import load_scripts

HERE = Path(__file__).parent

# Takes and returns JSON. A request is {"picture": data URL, "box": of a digit, "label": text, …}.
ServerFunction = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


class AnswerCard(gr.HTML):
    """Shows one answer: a value of `full_answer`, with a `key` and the `picture`, a data URL.

    Answers for the same picture have the same key. The card shows the sentence of a value
    `{"error": sentence}`, and nothing for None. When an answer has stayed for a moment, the card
    triggers `settle`; when another digit of a number was chosen, `choose`; and `turn` when the
    picture is to be turned by the answer's `turn`.
    """

    def __init__(
        self,
        explain: ServerFunction,
        change: ServerFunction,
        correct: ServerFunction,
        withdraw: ServerFunction,
        **kwargs: Any,
    ):
        """The browser calls four functions; `asked_picture` says what three of them are about.

        Args:
            explain: takes `{"picture", "box", "label"}`; returns `{"evidence"}`, 28×28 signed bytes
                in base64.
            change: takes `{"picture", "box", "label"}`; returns `{"change"}`, the strokes that
                would make this digit of the other, see `counterfactual_answer`.
            correct: takes `{"picture", "box", "label", "consent"}`; returns `{"id"}`, under which
                the picture was stored.
            withdraw: takes `{"id"}`, deletes that picture, and returns the same.
            kwargs: as for gr.HTML.

        The card shows the message of their ValueError or OSError to the visitor.
        """
        super().__init__(
            html_template=(HERE / "answer.html").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startCard"),
            apply_default_css=False,
            server_functions=[
                with_json_errors(explain, "explain"),
                with_json_errors(change, "change"),
                with_json_errors(correct, "correct"),
                with_json_errors(withdraw, "withdraw"),
            ],
            **kwargs,
        )


def with_json_errors(
    function: ServerFunction, name: str
) -> Callable[[Any], Awaitable[dict[str, Any]]]:
    """The function under the name that the scripts use; it returns its errors as `{"error"}`."""

    async def call(request: Any) -> dict[str, Any]:
        try:
            if not isinstance(request, dict):
                raise ValueError("A question has a picture and a label.")
            return await function(request)
        except (ValueError, OSError) as error:
            return {"error": str(error)}

    call.__name__ = name
    return call
