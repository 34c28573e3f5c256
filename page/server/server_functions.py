"""The route by which the page's scripts call functions of its components, such as the pad's.

Gradio has the same route. There a request costs twice as much as its share of recognising a digit,
and each visitor gets a session, which the functions of this page have no use for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import LocalContext
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from page.server.answers import sentence_response
from page.server.paths import SERVER_FUNCTIONS

if TYPE_CHECKING:
    from starlette.requests import Request


def server_function_routes(demo: gr.Blocks) -> list[BaseRoute]:
    """POST `{"component_id", "fn_name", "data"}`; answers with what the function returns."""

    async def call(request: Request) -> JSONResponse:
        try:
            question = json.loads(await request.body())
            component, name = demo.blocks[question["component_id"]], question["fn_name"]
            function, data = getattr(component, name, None), question["data"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return sentence_response("This is no call of one of the page's functions.", 400)
        if function is None or not getattr(function, "_is_server_fn", False):
            return sentence_response("The page has no such function.", 404)
        LocalContext.request.set(gr.Request(request))  # as Gradio does for its events
        answer: dict[str, Any] = await function(data)
        return JSONResponse(answer)

    return [
        Route(path, call, methods=["POST"]) for path in (f"{SERVER_FUNCTIONS}/", SERVER_FUNCTIONS)
    ]
