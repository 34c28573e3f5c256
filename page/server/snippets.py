"""The code that "Use via API" offers, which works as it is copied.

Gradio's would send the address of a picture on another server, which this one refuses to fetch.
Ours takes an example picture from this server to the caller's machine first, and sends it from
there.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import gradio.routes

PICTURES = {"/read_number": "number.jpg"}
PICTURE = "crossed-seven.jpg"  # for the other endpoints; both are in examples/
VALUES = {"label": "7"}  # of parameters without a default that are no files
COMMENT = "An example; a picture of your own does as well."
PYTHON_NAMES = {"null": "None", "true": "True", "false": "False"}


class Argument(NamedTuple):
    name: str
    value: str  # in JSON; of a file, a mark
    component: str  # which Gradio shows for it


def use_own_snippets() -> None:
    """For all pages of this process."""
    gradio.routes.generate_code_snippets = code_snippets


def code_snippets(
    api_name: str,
    info: dict[str, Any],
    root: str,
    space_id: str | None = None,
    api_prefix: str = "/",
) -> dict[str, str]:
    """As Gradio's function of this kind, for an endpoint that takes a picture, or a list of them.

    Args:
        api_name: the endpoint's, with its slash.
        info: what Gradio knows of it.
        root: the address of the server, without a slash at its end.
        space_id: the Space's name, if the server is one.
        api_prefix: of the addresses of Gradio's API.
    """
    arguments = [_argument(parameter) for parameter in info["parameters"]]
    picture = PICTURES.get(api_name, PICTURE)
    address = f"{root}/examples/{picture}"
    source = json.dumps(space_id or root)
    return {
        "python": _python(api_name, arguments, picture, address, source),
        "javascript": _javascript(api_name, arguments, address, source),
        "bash": _bash(api_name, arguments, picture, address, root + api_prefix),
    }


def _argument(parameter: dict[str, Any]) -> Argument:
    name, default = parameter["parameter_name"], parameter["parameter_default"]
    value = json.dumps(default if parameter["parameter_has_default"] else VALUES.get(name))
    return Argument(name, value, parameter["component"])


def _filled(argument: Argument, file: str) -> str:
    """The argument's value, with this for a file."""
    return {"Image": file, "File": f"[{file}]"}.get(argument.component, argument.value)


def _python(
    api_name: str, arguments: list[Argument], picture: str, address: str, source: str
) -> str:
    values = [_filled(argument, f'handle_file("{picture}")') for argument in arguments]
    lines = [
        f"    {argument.name}={PYTHON_NAMES.get(value, value)},"
        for argument, value in zip(arguments, values, strict=True)
    ]
    return "\n".join(
        [
            "from urllib.request import urlretrieve",
            "",
            "from gradio_client import Client, handle_file",
            "",
            f"# {COMMENT}",
            f'urlretrieve("{address}", "{picture}")',
            f"client = Client({source})",
            "result = client.predict(",
            *lines,
            f'    api_name="{api_name}",',
            ")",
            "print(result)",
        ]
    )


def _javascript(api_name: str, arguments: list[Argument], address: str, source: str) -> str:
    lines = [f"  {each.name}: {_filled(each, 'handle_file(picture)')}," for each in arguments]
    return "\n".join(
        [
            'import { Client, handle_file } from "@gradio/client";',
            "",
            f"// {COMMENT}",
            f'const response = await fetch("{address}");',
            "const picture = await response.blob();",
            f"const client = await Client.connect({source});",
            f'const result = await client.predict("{api_name}", {{',
            *lines,
            "});",
            "console.log(result.data);",
        ]
    )


def _bash(api_name: str, arguments: list[Argument], picture: str, address: str, api: str) -> str:
    file = """{"path": "'$FILE'", "meta": {"_type": "gradio.FileData"}}"""
    data = ", ".join(_filled(argument, file) for argument in arguments)
    return "\n".join(
        [
            f"# {COMMENT}",
            f"curl -s -O {address}",
            f"FILE=$(curl -s -F files=@{picture} {api}upload | tr -d '[]\"')",
            f'curl -s {api}run{api_name} -H "Content-Type: application/json" \\',
            f"  -d '{{\"data\": [{data}]}}'",
        ]
    )
