"""The answer: a large verdict, what was read, the reasons, and a way to say that it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from page.scripts import load_scripts

HERE = Path(__file__).parent
CSS = HERE / "answer.css"  # for launch(): Gradio would parse a template's at each answer

Question = dict[str, Any]  # {"picture": data URL, "label": "0" to "9", …}
Reply = dict[str, Any]


class AnswerCard(gr.HTML):
    """Shows one answer: a value as `full_answer` makes it, with a `key` and its `picture`.

    The key tells one picture's answers from the next one's; the picture is a data URL, the
    visitor's own ink. `{"error": sentence}` shows that sentence, None that there is nothing yet.
    `settle` is triggered with the card's value once an answer has stayed for a moment.
    """

    def __init__(
        self,
        explain: Callable[[Question], Reply],
        correct: Callable[[Question], Reply],
        **kwargs: Any,
    ):
        """`explain` and `correct` are asked by the browser, with `{"picture", "label"}`.

        `explain` returns the `evidence`, 28×28 signed bytes in base64; `correct`, which is also
        told about the `consent`, the `id` under which the picture was stored. A ValueError or an
        OSError of theirs reaches the visitor as a sentence.
        """
        super().__init__(
            html_template=(HERE / "answer.html").read_text(encoding="utf-8"),
            js_on_load=load_scripts(HERE, start="startCard"),
            apply_default_css=False,
            server_functions=[said(explain, "explain"), said(correct, "correct")],
            **kwargs,
        )


def said(function: Callable[[Question], Reply], name: str) -> Callable[[Any], Reply]:
    """The function under the name that the script calls it, its errors turned into answers."""

    def answer(question: Any) -> Reply:
        try:
            if not isinstance(question, dict):
                raise ValueError("A question has a picture and a label.")
            return function(question)
        except (ValueError, OSError) as error:
            return {"error": str(error)}

    answer.__name__ = name
    return answer
