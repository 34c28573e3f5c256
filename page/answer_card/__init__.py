"""The answer card: the verdict, the picture, the evidence, and the form for corrections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from page.component import Component, ServerFunction

HERE = Path(__file__).parent


class AnswerCard(Component):
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
        functions = {
            "explain": explain,
            "change": change,
            "correct": correct,
            "withdraw": withdraw,
        }
        super().__init__(HERE, start="startCard", functions=functions, **kwargs)
