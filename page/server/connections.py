"""Connections: how many there may be at once, and how long each may keep the server waiting.

uvicorn serves them. It has a limit for keep-alive and none for a head that never ends, an answer
that nobody reads, or sockets beyond those that the system allows this process.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from page.server.answers import too_many_connections

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

HEAD_SECONDS = 10.0  # for a request's line and headers, from the connection on
CROWDED_HEAD_SECONDS = 1.0  # the same, where all connections are taken
LINGER_SECONDS = 2.0  # for the rest of a body whose request has been answered
KEEP_ALIVE_SECONDS = 15  # between two requests; longer than clients usually wait
READ_SECONDS = 60.0  # for a client to take more of an answer
DRAIN_SECONDS = 6  # for requests in flight, once the server is to stop
SPARE_DESCRIPTORS = 64  # for files, and for connections that are about to be refused


class Config(uvicorn.Config):
    """uvicorn's configuration, and the number of connections."""

    def __init__(self, app: Any, max_connections: int, headers: list[tuple[str, str]]) -> None:
        super().__init__(
            app,
            http=Connection,
            ws="none",
            log_config=None,
            access_log=False,
            headers=headers,
            server_header=False,
            proxy_headers=False,  # page/server/proxies.py
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
        )
        self.max_connections = max_connections
        # Those without a request in progress, the one that has waited longest first.
        self.waiting: dict[Connection, None] = {}


class Connection(HttpToolsProtocol):
    """One connection. Where all are taken, the longest idle one makes room, or else answers 503."""

    config: Config

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._linger_timer: asyncio.TimerHandle | None = None
        self._read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        waiting = self.config.waiting
        seconds = HEAD_SECONDS
        if len(self.connections) > self.config.max_connections:
            if waiting:
                longest = next(iter(waiting))
                del waiting[longest]
                longest.transport.close()
            else:
                self.app = too_many_connections
                seconds = CROWDED_HEAD_SECONDS
        waiting[self] = None
        self._head_timer = self.loop.call_later(seconds, self.transport.close)

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.waiting.pop(self, None)
        for timer in (self._head_timer, self._linger_timer, self._read_timer):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_head and self._head_timer is None:  # the head came in parts
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self.config.waiting.pop(self, None)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        if self._linger_timer is not None:
            self._linger_timer.cancel()
            self._linger_timer = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        body_is_missing = self.cycle.more_body
        super().on_response_complete()
        if self.transport.is_closing():
            return
        if body_is_missing and self.cycle.response_complete:
            self._linger_timer = self.loop.call_later(LINGER_SECONDS, self.transport.close)
        elif self.cycle.response_complete:  # no other request waits on this connection
            self.config.waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_timer = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None


class Server(uvicorn.Server):
    """uvicorn's server. On SIGTERM or Ctrl-C it answers what is in flight, then `run` returns."""

    def __init__(
        self, config: Config, on_start: Callable[[], None], on_stop: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._on_start, self._on_stop = on_start, on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def allowed_connections(wanted: int) -> int:
    """As many as wanted, or as the system has descriptors for: the soft limit is raised first."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    opened = len(list(Path("/dev/fd").iterdir()))
    needed = opened + SPARE_DESCRIPTORS + wanted
    unlimited = resource.RLIM_INFINITY
    if unlimited != soft < needed:
        soft = needed if hard == unlimited else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return wanted if soft == unlimited else max(1, min(wanted, soft - opened - SPARE_DESCRIPTORS))
