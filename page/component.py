"""Parts of the page that have a folder each, with a template and scripts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import gradio as gr

SHARED = Path(__file__).parent / "shared"  # scripts of more than one component

Answer = dict[str, Any]
# Takes and returns JSON. A request is {"picture": data URL, "box": of a digit, "label": text, …}.
ServerFunction = Callable[[dict[str, Any]], Awaitable[Answer]]


class Component(gr.HTML):
    """A part of the page. Its style sheets are in :mod:`page.theme`."""

    def __init__(
        self,
        folder: Path,
        *,
        start: str,
        functions: Mapping[str, Callable[[Any], Awaitable[Answer]]] | None = None,
        facts: Mapping[str, str] | None = None,
        takes: type = dict,
        **kwargs: Any,
    ):
        """Make it of the files in its folder.

        Args:
            folder: with one HTML file, and its scripts.
            start: the function in these that begins, see :func:`load_scripts`.
            functions: on the server, by the names that the scripts use. The browser gets the
                message of their ValueError, OSError or gr.Error as `{"error"}`.
            facts: for `%NAME%` in the HTML, by name.
            takes: the type of what the functions are called with; anything else is an error.
            kwargs: as for gr.HTML.
        """
        [template] = folder.glob("*.html")
        html = template.read_text(encoding="utf-8")
        for name, fact in (facts or {}).items():
            html = html.replace(f"%{name}%", fact)
        super().__init__(
            html_template=html,
            js_on_load=load_scripts(folder, start=start),
            apply_default_css=False,
            server_functions=[
                with_json_errors(function, name, takes)
                for name, function in (functions or {}).items()
            ],
            **kwargs,
        )


def load_scripts(folder: Path, *, start: str) -> str:
    """Join a component's scripts into the one string that Gradio runs in the browser.

    They are the folder's *.js files and those of SHARED in a row, and a call of the function
    `start`. Gradio runs the string once, when the component appears, as the body of a function
    whose parameters are the names in that call. The files share the function's scope. Their order
    does not matter, because each one only declares functions and constants of its own.
    """
    files = sorted([*folder.glob("*.js"), *SHARED.glob("*.js")])
    call = f"{start}({{ element, props, trigger, watch, server }});\n"
    return "".join(file.read_text(encoding="utf-8") for file in files) + call


def with_json_errors(
    function: Callable[[Any], Awaitable[Answer]], name: str, takes: type
) -> Callable[[Any], Awaitable[Answer]]:
    """The function under the name that the scripts use; it returns its errors as `{"error"}`."""

    async def call(request: Any) -> Answer:
        try:
            if not isinstance(request, takes):
                raise ValueError("A question is a JSON object.")
            return await function(request)
        except (ValueError, OSError, gr.Error) as error:  # the last one: the caller has left
            return {"error": str(error)}

    call.__name__ = name
    return call
