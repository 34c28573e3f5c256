"""Who calls, and whether they still are there."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from gradio.context import LocalContext

from page.errors import user_error
from page.server.addresses import network_of

Result = TypeVar("Result")

POLL_SECONDS = 0.3  # between two looks at whether a caller has left


def caller_address() -> str:
    """The address of whoever made the call that is being answered; "" if there is none."""
    request = LocalContext.request.get(None)
    client = getattr(request, "client", None)
    return network_of(client.host) if client else ""


async def unless_caller_leaves(work: Coroutine[Any, Any, Result]) -> Result:
    """What the work returns; it is cancelled if its caller leaves.

    Gradio goes on for those who have closed the page or hung up.

    Raises:
        gr.Error: the caller has left.
    """
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait([task], timeout=POLL_SECONDS))[0]:
            if await _caller_has_left():
                raise user_error("The caller has left.")
        return task.result()
    finally:
        task.cancel()


async def _caller_has_left() -> bool:
    blocks, request = LocalContext.blocks.get(None), LocalContext.request.get(None)
    event_id = LocalContext.event_id.get(None)
    event = blocks._queue.event_ids_to_events.get(event_id) if blocks and event_id else None
    if event is not None:  # the request that brought it was answered long ago
        return not event.alive
    request = getattr(request, "request", request)  # Gradio's, in its own wrapper
    return request is not None and await request.is_disconnected()
