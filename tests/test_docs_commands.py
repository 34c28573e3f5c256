"""README and docs: commands, options and variables are ones that there are."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from docs_pages import DOCS, PAGES, blocks_of, commands, inline_code, table_rows
from repository import ROOT

import train
from digit_model.__main__ import main
from digit_model.cli.arguments import Parser
from page.server import limits
from page.server import options as app_options

VERBS = ("predict", "read", "evaluate", "export", "push", "publish-space")
PACKAGES = {".", "gradio_client", "mcp", "onnx", "onnxruntime", "tensorboard"}


def parse_verb(arguments: list[str]) -> None:
    """The command line of `python -m digit_model`, without doing what it says."""
    parse = Parser.parse_args

    def parse_only(parser: Parser, *arguments: Any) -> Any:
        args = parse(parser, *arguments)
        args.run = lambda _: 0
        return args

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parser, "parse_args", parse_only)
        assert main(arguments) == 0


def check_command(words: list[str]) -> None:
    """Raises AssertionError or SystemExit for what nobody could type with success."""
    match words:
        case ["python", "app.py", *arguments]:
            app_options.parse_options(arguments)
        case ["python", "train.py", *arguments]:
            train.parse_options(arguments)
        case ["torchrun", *arguments]:
            train.parse_options(arguments[arguments.index("train.py") + 1 :])
        case ["python", "-m", "digit_model", *arguments]:
            parse_verb(arguments)
        case ["make", target, *variables]:
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{target}:", makefile, re.MULTILINE)
            for variable in variables:
                name, _, options = variable.partition("=")
                assert f"$({name})" in makefile
                app_options.parse_options(shlex.split(options))
        case ["python", script, *arguments] if script.startswith("benchmarks/"):
            common = ROOT / "benchmarks" / "benchmark.py"
            source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / script, common))
            assert all(f'"{option}"' in source for option in arguments if option.startswith("-"))
        case (
            ["docker", "compose", "--file", file, "up", *_]
            | ["docker", "build", "--file", file, *_]
            | ["serve", "run" | "deploy", file]
        ):
            assert (ROOT / file).is_file()
        case ["ray", "start", "--head"] | ["docker", "run", "--publish", "7860:7860", _]:
            pass
        case ["pip", "install", "-r", requirements]:
            assert (ROOT / requirements).is_file()
        case ["pip", "install", *packages] if {*packages} <= PACKAGES:
            pass
        case ["npm", "install", "@gradio/client"]:
            pass
        case ["tensorboard", "--logdir", _]:
            pass
        case ["python", "-m", "pytest"] | ["python3", "-m", "venv", ".venv"]:
            pass
        case ["." | "for" | "do" | "done", *_] | ["hf", "auth", "login"]:
            pass
        case _:
            pytest.fail(f"The tests know nothing of this command: {shlex.join(words)}")


@pytest.fixture
def _plain_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port is tried, and no variable of this machine counts."""
    monkeypatch.setattr(app_options, "check_address", lambda host, port: None)
    for name in [name for name in os.environ if name.startswith("DIGIT_")]:
        monkeypatch.delenv(name)
    for name in ("NAME", "PORT"):
        monkeypatch.delenv(f"GRADIO_SERVER_{name}", raising=False)


@pytest.mark.usefixtures("_plain_options")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_one_that_its_parser_takes(page: Path) -> None:
    code = [
        block.code
        for block in blocks_of(page)
        if block.language == "sh" and "curl" not in block.code  # that one runs
    ]
    programs = ("python ", "torchrun ", "make ", "pip ", "hf ", "npm ", "docker ", "serve ", "ray ")
    code += [code for code in inline_code(page) if code.startswith(programs)]
    for part in code:
        for words in commands(part):
            try:
                check_command(words)
            except (AssertionError, SystemExit) as error:
                if getattr(error, "code", 1) != 0:  # as --help has
                    pytest.fail(f"{shlex.join(words)}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_option_exists(page: Path) -> None:
    parsers: list[Callable[[list[str]], Any]] = [app_options.parse_options, train.parse_options]
    known = {option for parser in parsers for option in options_of(parser)}
    for verb in VERBS:
        known |= options_of(main, verb)
    named = {code.split()[0].partition("=")[0] for code in inline_code(page) if code[:2] == "--"}
    assert named <= known


def options_of(parser: Callable[[list[str]], Any], *verb: str) -> set[str]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        parser([*verb, "--help"])
    return set(re.findall(r"--[a-z][a-z-]+", text.getvalue()))


@pytest.mark.usefixtures("_plain_options")
def test_the_table_of_options_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table_rows(DOCS / "deployment.md", "Option").values()
    assert {row["Option"].strip("`") for row in rows} == options_of(app_options.parse_options) - {
        "--help"
    }
    values: dict[str, str | None] = {"--port": "8080", "--workers": "5"}
    values |= {limits.option_of(each.name): "7" for each in dataclasses.fields(limits.Limits)}
    values |= {"--share": None, "--mcp": None, "--log-requests": None}
    values |= {"--trusted-proxies": "10.0.0.0/8", "--allowed-origins": "https://elsewhere.org"}
    default = app_options.parse_options([])
    for row in rows:
        option, variable = row["Option"].strip("`"), row["Variable"].strip("`")
        value = values.get(option, "elsewhere")
        chosen = app_options.parse_options([option] if value is None else [option, value])
        with monkeypatch.context() as patch:
            patch.setenv(variable, value or "1")
            assert app_options.parse_options([]) == chosen != default, variable
