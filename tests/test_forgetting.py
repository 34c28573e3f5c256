"""What visitors leave in Gradio's memory is dropped, and what is at work stays."""

from __future__ import annotations

import json
from asyncio import Queue
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from gradio.routes import file_upload_statuses
from gradio.server_messages import HeartbeatMessage, UnexpectedErrorMessage
from processes import run_async

from page.server.forgetting import Messages, NoSessions, forget_idle
from page.server.streams import KnownStreams


@pytest.fixture
def demo() -> gr.Blocks:
    with gr.Blocks() as blocks:
        gr.Textbox("nothing yet", elem_id="text")
    return blocks


def test_a_session_keeps_nothing(demo: gr.Blocks) -> None:
    states = NoSessions()
    states.set_blocks(demo)
    text = next(block for block in demo.blocks.values() if isinstance(block, gr.Textbox))
    first = states["a visitor"]
    first[text._id] = gr.Textbox("a secret", render=False)
    first._update_value_in_config(text._id, "a secret")
    assert "a visitor" not in states
    assert states.session_data == {}
    again = states["a visitor"]
    assert again[text._id] is text
    assert "secret" not in str(list(again.components))
    assert again.blocks_config.fns == demo.default_config.fns


def test_a_stream_that_breaks_off_ends_its_session(demo: gr.Blocks) -> None:
    """Or the page would wait in it for the answers to all later calls."""
    sent: list[bytes] = []

    async def breaking_off(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.body", "body": b'data: {"msg":"estimation"}\n\n'})
        message = UnexpectedErrorMessage(message="The server is being stopped.")
        body = f"data: {message.model_dump_json()}\n\n".encode()
        await send({"type": "http.response.body", "body": body})

    async def send(message: Any) -> None:
        sent.append(message["body"])

    queue: Any = demo._queue
    queue.pending_messages_per_session["mine"] = Queue()
    scope = {"type": "http", "method": "GET", "path": "/gradio_api/queue/data"}
    scope["query_string"] = b"session_hash=mine"  # type: ignore[assignment]
    run_async(KnownStreams(breaking_off, demo)(scope, None, send))  # type: ignore[arg-type]
    estimation, ended = (json.loads(body.removeprefix(b"data: ")) for body in sent)
    assert estimation == {"msg": "estimation"}
    assert ended["session_not_found"] is True


def test_gradio_s_queue_keeps_its_records_under_these_names(demo: gr.Blocks) -> None:
    """Which page/server/asgi.py sets: under others, they would fill the memory again."""
    assert hasattr(demo._queue, "ANALYTICS_MAX_EVENTS")
    assert hasattr(demo._queue, "ANAYLTICS_CACHE_FREQUENCY")


def test_what_nobody_fetched_is_dropped(demo: gr.Blocks) -> None:
    queue: Any = demo._queue
    for session in ("left", "at work"):
        queue.pending_messages_per_session[session] = Queue()
        queue.pending_event_ids_session[session] = {"event"}
    queue.event_ids_to_events["event"] = SimpleNamespace(session_hash="at work")
    demo.upload_file_set.add("a file's name")
    steps = forget_idle(demo)
    next(steps)
    assert not demo.upload_file_set
    assert set(queue.pending_messages_per_session) == {"left", "at work"}
    next(steps)
    assert set(queue.pending_messages_per_session) == {"at work"}
    assert set(queue.pending_event_ids_session) == {"at work"}
    queue.event_ids_to_events.clear()
    next(steps)
    assert set(queue.pending_messages_per_session) == {"at work"}  # there is time to fetch it
    queue.pending_messages_per_session["at work"].put_nowait("of another call in between")
    next(steps)
    assert set(queue.pending_messages_per_session) == {"at work"}
    next(steps)
    assert not queue.pending_messages_per_session


def test_a_message_for_a_forgotten_session_ends_nothing(demo: gr.Blocks) -> None:
    queue: Any = demo._queue
    event: Any = SimpleNamespace(session_hash="slow", _id="1", alive=True)
    queue.pending_messages_per_session["slow"] = Queue()
    for number in range(3000):
        queue.pending_messages_per_session[str(number)] = Queue()
    with pytest.raises(KeyError):  # what Gradio's own would do
        queue.send_message(event, HeartbeatMessage())

    queue.pending_messages_per_session = Messages(slow=Queue())
    for number in range(3000):
        queue.pending_messages_per_session[str(number)] = Queue()
    queue.send_message(event, HeartbeatMessage())
    assert queue.pending_messages_per_session["slow"].qsize() == 1
    event.session_hash = "has left"
    queue.send_message(event, HeartbeatMessage())
    assert "has left" not in queue.pending_messages_per_session


def test_how_far_an_upload_got_is_dropped_when_it_gets_no_further(demo: gr.Blocks) -> None:
    uploads = file_upload_statuses
    for upload in ("broken off", "done", "going on"):
        uploads.append(upload, "a.png", b"half")
    uploads.set_done("done")
    assert uploads._signals["never came"] is not None  # as somebody who asks for it does
    steps = forget_idle(demo)
    next(steps)
    uploads.append("going on", "a.png", b"more")
    next(steps)
    assert set(uploads._statuses) == {"going on"}
    assert set(uploads._signals) == {"going on"}
    next(steps)
    assert not uploads._statuses
