"""Gradio keeps nothing of those who have left.

It would keep, for each `session_hash`, which callers choose: a copy of every component's
configuration with the last values that came and went, a picture among them; the queue's messages
that nobody fetched; how far an upload got; and the name of every file. This page's components keep
nothing in a session, so a call gets a fresh one, and the rest is dropped within a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
from asyncio import Queue as AsyncQueue
from collections.abc import AsyncIterator, Iterator
from copy import copy
from typing import TYPE_CHECKING, Any

from gradio.routes import file_upload_statuses
from gradio.state_holder import SessionState, StateHolder

if TYPE_CHECKING:
    import gradio as gr
    from gradio.routes import App

SECONDS = 30.0  # between two looks; what is idle at both is dropped


class CallState(SessionState):
    """What one call changes in components; no values."""

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class NoSessions(StateHolder):
    """Gives each call a state of its own, and keeps none."""

    def set_blocks(self, blocks: gr.Blocks) -> None:
        super().set_blocks(blocks)
        self._fresh = CallState(blocks)

    def __getitem__(self, session_id: str) -> SessionState:
        state = copy(self._fresh)
        state.blocks_config = copy(self._fresh.blocks_config)
        state.config_values, state.state_data = {}, {}
        return state


class Messages(dict[str, AsyncQueue[Any]]):
    """What sessions have still to be told, for any number of them.

    Gradio's own drops the oldest of some thousands, and the first message for one that is dropped
    ends the queue, for everybody.
    """

    def __missing__(self, session: str) -> AsyncQueue[Any]:
        return AsyncQueue()  # nobody reads it


@contextlib.asynccontextmanager
async def forgetting(app: App) -> AsyncIterator[None]:
    """Lifespan of the app."""
    app.state_holder = NoSessions()
    app.state_holder.set_blocks(app.get_blocks())
    app.get_blocks()._queue.pending_messages_per_session = Messages()  # type: ignore[assignment]
    task = asyncio.create_task(_forget_regularly(app.get_blocks()))
    try:
        yield
    finally:
        task.cancel()


async def _forget_regularly(demo: gr.Blocks) -> None:
    for _ in forget_idle(demo):
        await asyncio.sleep(SECONDS)


def forget_idle(demo: gr.Blocks) -> Iterator[None]:
    """Each step drops what was idle already at the step before.

    A client has the time between two steps to fetch its result.
    """
    queue, uploads = demo._queue, file_upload_statuses
    idle: dict[str, Any] = {}  # sessions, and what waits for them
    progress: dict[str, int] = {}
    while True:
        at_work = {event.session_hash for event in queue.event_ids_to_events.values()}
        sessions = {*queue.pending_messages_per_session, *queue.pending_event_ids_session}
        before, idle = idle, {each: _waiting_for(each, demo) for each in sessions - at_work}
        for session in _unchanged(before, idle):
            queue.pending_messages_per_session.pop(session, None)
            queue.pending_event_ids_session.pop(session, None)

        asked_for = {*uploads._statuses, *uploads._signals}
        earlier, progress = progress, {each: _bytes_since_asked(each) for each in asked_for}
        for upload in _unchanged(earlier, progress):
            uploads.stop_tracking(upload)
            uploads._signals.pop(upload, None)
        for names in demo.temp_file_sets:  # for Gradio's own deletion of files, which is off
            names.clear()
        yield


def _unchanged(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [name for name, value in now.items() if name in before and before[name] == value]


def _waiting_for(session: str, demo: gr.Blocks) -> tuple[int, set[str]]:
    """How many messages wait for a session, and its calls."""
    messages = demo._queue.pending_messages_per_session
    count = messages[session].qsize() if session in messages else 0
    return count, set(demo._queue.pending_event_ids_session.get(session, ()))


def _bytes_since_asked(upload: str) -> int:
    """How much of an upload came since somebody last asked for it; -1 if it hasn't begun."""
    status = file_upload_statuses._statuses.get(upload)
    return -1 if status is None else sum(unit.chunk_size for unit in status.deque)
