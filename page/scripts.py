"""A component's scripts, as the one string that Gradio runs in the browser."""

from __future__ import annotations

from pathlib import Path


def load_scripts(folder: Path, *, start: str) -> str:
    """A folder's *.js files, joined, and after them a call of the function named `start`.

    Gradio runs the string once, when the component appears, as the body of a function that has the
    names in the call for parameters. There the files share a scope, but each only declares
    functions and constants of its own, so their order does not matter.
    """
    files = sorted(folder.glob("*.js"))
    call = f"{start}({{ element, props, trigger, watch, server, upload }});\n"
    return "".join(file.read_text(encoding="utf-8") for file in files) + call
