"""Ten small pads, for one digit each, and the poster that the browser makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from page.component import Component, ServerFunction

HERE = Path(__file__).parent


class TenDigits(Component):
    """The visitor writes 0 to 9, once each, and keeps them as a picture.

    The browser keeps what was written for this tab, so that it is there again after a reload.
    """

    def __init__(
        self, read: ServerFunction, correct: ServerFunction, withdraw: ServerFunction, **kwargs: Any
    ):
        """The browser calls three functions.

        Args:
            read: takes `{"picture", "digit"}`, a data URL and what was to be written; returns a
                value of :func:`page.ten_digits_tab.digit_reading`.
            correct, withdraw: as those of the answer card.
            kwargs: as for gr.HTML.
        """
        functions = {"read": read, "correct": correct, "withdraw": withdraw}
        super().__init__(HERE, start="startTenDigits", functions=functions, **kwargs)
