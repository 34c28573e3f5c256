"""Join a component's scripts into the one string that Gradio runs in the browser."""

from __future__ import annotations

from pathlib import Path

SHARED = Path(__file__).parent / "shared"  # scripts of more than one component


def load_scripts(folder: Path, *, start: str) -> str:
    """The folder's *.js files and those of SHARED in a row, and a call of the function `start`.

    Gradio runs the string once, when the component appears, as the body of a function whose
    parameters are the names in that call. The files share the function's scope. Their order does
    not matter, because each one only declares functions and constants of its own.
    """
    files = sorted([*folder.glob("*.js"), *SHARED.glob("*.js")])
    call = f"{start}({{ element, props, trigger, watch, server, upload }});\n"
    return "".join(file.read_text(encoding="utf-8") for file in files) + call
