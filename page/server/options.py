"""The options of app.py, from the command line and from the environment."""

from __future__ import annotations

import argparse
import importlib.util
import os
from dataclasses import fields
from pathlib import Path

from digit_model.cli.arguments import Parser, from_environment, whole_number
from page.server import access
from page.server.limits import Limits, option_of, variable_of
from page.server.sockets import check_address

MODEL_FILE = Path(__file__).parents[2] / "model.txt"
YES, NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}  # in the environment


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Options from the command line, else from the environment.

    Bad input ends the process with exit status 2 and one sentence.
    """
    environment = os.environ.get
    parser = Parser(
        prog="app.py",
        description="Serve the digit recogniser: a page to draw on, and an API.",
        epilog="In brackets: the environment variable that sets the same, and the default.",
    )
    parser.add_argument(
        "--model",
        metavar="FOLDER|user/repo[@revision]",
        default=environment("DIGIT_MODEL") or published_model(),
        help="folder with the weights to serve, or a repository on the Hub with a branch, tag or "
        "commit of it [DIGIT_MODEL, weights/ beside app.py]",
    )
    parser.add_argument(
        "--corrections",
        metavar="user/dataset|FOLDER",
        default=environment("DIGIT_CORRECTIONS") or None,
        help="data set on the Hub that gets the corrections people agree to share; a folder, such "
        "as ./corrections, keeps them on this machine [DIGIT_CORRECTIONS, ./corrections]",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        help="ask gradio.live for a public link, good for a week [DIGIT_SHARE=1, no]",
    )
    parser.add_argument(
        "--host",
        metavar="H",
        default=environment("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to listen at; 0.0.0.0 lets other machines in [GRADIO_SERVER_NAME, 127.0.0.1]",
    )
    parser.add_argument(
        "--port",
        metavar="P",
        type=whole_number(1, 65_535),
        default=from_environment("GRADIO_SERVER_PORT"),
        help="port to listen at [GRADIO_SERVER_PORT, the first free one from 7860]",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole_number(1, 256),
        default=from_environment("DIGIT_WORKERS"),
        help="processes that recognise drawings; others read files "
        "[DIGIT_WORKERS, one for each core, at most 8]",
    )
    for each in fields(Limits):
        variable = variable_of(each.name)
        parser.add_argument(
            option_of(each.name),
            metavar="N",
            type=whole_number(1, each.metadata["most"]),
            default=from_environment(variable) or (each.default and str(each.default)),
            help=f"{each.metadata['what']} [{variable}, {each.metadata['text']}]",
        )
    parser.add_argument(
        "--allowed-hosts",
        metavar="NAME,…",
        default=environment("DIGIT_ALLOWED_HOSTS") or None,
        help="names that the server is reached by, besides this machine's own; * for any "
        "[DIGIT_ALLOWED_HOSTS, none at a loopback address, else any]",
    )
    parser.add_argument(
        "--allowed-origins",
        metavar="ORIGIN,…",
        default=environment("DIGIT_ALLOWED_ORIGINS") or None,
        help="other sites whose pages may call the API, such as https://example.org "
        "[DIGIT_ALLOWED_ORIGINS, none]",
    )
    parser.add_argument(
        "--trusted-proxies",
        metavar="ADDRESS,…",
        default=environment("DIGIT_TRUSTED_PROXIES") or None,
        help="addresses or networks of proxies whose X-Forwarded headers are believed "
        "[DIGIT_TRUSTED_PROXIES, none; in a Space, the Hub's]",
    )
    parser.add_argument(
        "--log-requests",
        action="store_true",
        help="log each request, not only warnings and errors [DIGIT_LOG_REQUESTS=1, no]",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the API as tools for language models, by the Model Context Protocol "
        "[DIGIT_MCP=1, no]",
    )
    options = parser.parse_args(arguments)
    for switch in ("share", "mcp", "log_requests"):
        name = f"DIGIT_{switch.upper()}"
        value = environment(name, "").lower()
        if value not in YES | NO:
            parser.error(f"{name} has to be 1 or 0, not {value!r}")
        setattr(options, switch, getattr(options, switch) or value in YES)
    if options.mcp and importlib.util.find_spec("mcp") is None:
        parser.error("--mcp needs the package mcp, which requirements.txt lists")
    if options.corrections and is_file(options.corrections):
        parser.error(
            f"--corrections takes a data set or a folder, and {options.corrections} is a file"
        )
    try:
        access.from_options(options)
    except ValueError as error:
        parser.error(f"--{error}")
    try:
        check_address(options.host, options.port)
    except UnicodeError:  # of a name that can't be one
        parser.error(f"can't listen at {options.host}: no such host")
    except OSError as error:
        where = options.host if options.port is None else f"port {options.port} of {options.host}"
        parser.error(f"can't listen at {where}: {error.strerror}")
    return options


def is_file(path: str) -> bool:
    """Also of what can't be looked at: no."""
    try:
        return Path(path).is_file()
    except OSError:
        return False


def published_model() -> str | None:
    """The model in model.txt, which `python -m digit_model publish-space --model` writes."""
    return MODEL_FILE.read_text(encoding="utf-8").strip() if MODEL_FILE.is_file() else None
