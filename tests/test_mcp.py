"""`python app.py --mcp`: the endpoints as tools, through a real client of the protocol."""

from __future__ import annotations

import ast
import asyncio
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from drawings import Drawing
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from repository import ROOT
from running_app import Server

pytestmark = pytest.mark.slow

TOOLS = {"predict", "read_number", "recognize", "predict_batch", "explain", "submit_correction"}


def ask(server: Server, tool: str | None = None, **arguments: Any) -> Any:
    """The list of tools, or the result of calling one."""

    async def talk() -> Any:
        address = f"{server.url}/gradio_api/mcp/"
        async with (
            streamable_http_client(address) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            if tool is None:
                return (await session.list_tools()).tools
            return await session.call_tool(tool, arguments)

    # In another thread: this one already has an event loop if a browser is open.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(talk())).result()


def test_the_tools_are_the_public_endpoints(server: Server) -> None:
    tools = {tool.name: tool for tool in ask(server)}
    assert set(tools) == TOOLS
    for tool in tools.values():
        assert "digit" in tool.description
        assert all(part["description"] for part in tool.inputSchema["properties"].values())


def test_a_drawing_is_recognised(server: Server, drawings: list[Drawing]) -> None:
    result = ask(server, "recognize", image=drawings[14].data_url(), top_k=2)
    assert not result.isError
    answer = json.loads(result.content[0].text)
    assert answer["label"] == drawings[14].label
    assert len(answer["confidences"]) == 2


def test_the_label_widget_comes_as_text(server: Server, drawings: list[Drawing]) -> None:
    result = ask(server, "predict", image=drawings[3].data_url(), top_k=1)
    answer = ast.literal_eval(result.content[0].text)
    assert answer["label"] == drawings[3].label


def test_many_drawings_are_recognised(server: Server, drawings: list[Drawing]) -> None:
    images = [drawing.data_url() for drawing in drawings[:3]]
    broken = ["data:text/plain;base64,aGk=", "data:image/png;base64,!"]
    result = ask(server, "predict_batch", images=[*images, *broken], top_k=1)
    assert not result.isError
    answers = json.loads(result.content[0].text)
    labels = [answer["label"] for answer in answers[:3]]
    assert labels == [drawing.label for drawing in drawings[:3]]
    for answer in answers[3:]:
        assert answer["error"].endswith(".")


def test_an_explanation_is_a_picture(server: Server, drawings: list[Drawing]) -> None:
    result = ask(server, "explain", image=drawings[0].data_url(), label="6")
    assert not result.isError
    assert result.content[0].type == "image"


def corrections(server: Server) -> set[Path]:
    return set(server.log.parent.glob("corrections/**/*.png"))


def test_errors_are_sentences_and_nothing_is_fetched(
    server: Server, drawings: list[Drawing]
) -> None:
    picture = drawings[0].data_url()
    kept = corrections(server)
    for tool, arguments in (
        ("predict", {"image": "data:image/png;base64,aGVsbG8=", "top_k": 3}),
        ("predict", {"image": f"{server.url}/pwa_icon", "top_k": 3}),
        ("predict", {"image": "/etc/hostname", "top_k": 3}),
        ("predict", {"image": picture, "top_k": 0}),
        ("submit_correction", {"image": picture, "label": "0", "consent": False}),
    ):
        result = ask(server, tool, **arguments)
        assert result.isError, (tool, arguments)
        assert "Traceback" not in result.content[0].text
        assert not result.content[0].text.startswith(("'", '"'))  # as a repr does
    assert corrections(server) == kept


def test_the_page_s_process_imports_nothing_that_takes_long_and_is_not_asked_for(
    tmp_path: Path,
) -> None:
    """Neither mcp without the option, nor torch, which the workers need, nor training libraries."""
    code = (
        "import app, sys, types; names = 'mcp', 'torch', 'torchvision', 'matplotlib'; "
        "show = lambda *_: print(sorted(filter(sys.modules.get, [*names, 'gradio']))); "
        "sys.modules['page.server.launch'] = types.SimpleNamespace(serve=show); app.main([])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert result.stdout.strip() == "['gradio']"
