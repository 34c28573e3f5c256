"""Connections: how many there may be at once, and how long each may keep the server waiting.

uvicorn serves them. It has a limit for keep-alive and none for a head that never ends, an answer
that nobody reads, or sockets beyond those that the system allows this process.
"""

from __future__ import annotations

import asyncio
import sys
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from page.server.addresses import LOOPBACK, is_within
from page.server.answers import too_many_connections
from page.server.paths import is_upload
from page.server.shares import Shares

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Sequence

HEAD_SECONDS = 10.0  # for a request's line and headers, from the connection on
CROWDED_HEAD_SECONDS = 1.0  # the same, where all connections are taken
SILENCE_SECONDS = 20.0  # until more of a body comes
BODY_SECONDS, UPLOAD_SECONDS = 120.0, 900.0  # for a whole body, and one that brings files
LINGER_SECONDS = 0.5  # for the rest of a body whose request has been answered
KEEP_ALIVE_SECONDS = 15  # between two requests; longer than clients usually wait
READ_SECONDS = 60.0  # for a client to take more of an answer
DRAIN_SECONDS = 6  # for requests in flight, once the server is to stop
SPARE_DESCRIPTORS = 64  # for files, and for connections that are about to be refused


class Config(uvicorn.Config):
    """uvicorn's configuration, and the number of connections."""

    def __init__(
        self,
        app: Any,
        max_connections: int,
        headers: list[tuple[str, str]],
        proxies: Sequence[str] = (),
    ) -> None:
        """`proxies`: networks whose connections are of many clients, beside this machine's own."""
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
        # Those that have sent no request, or not all of one; the one that has idled longest first.
        self.waiting: OrderedDict[Connection, None] = OrderedDict()
        self.shared = (*LOOPBACK, *proxies)
        self.shares = Shares(max_connections)


class Connection(HttpToolsProtocol):
    """One connection. Where all are taken, the one that has idled longest makes room, or else
    requests are answered with 503.
    """

    config: Config

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._in_head = False
        self._in_body = False
        self._timer: asyncio.TimerHandle | None = None  # until which more has to be received
        self._body_end = 0.0  # by when the body has to be whole, on the loop's clock
        self._read_timer: asyncio.TimerHandle | None = None
        self._counted_as: str | None = None  # the client's address; None: it may be anybody

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        waiting = self.config.waiting
        is_refused = self._client_has_too_many()
        if not is_refused and len(self.connections) > self.config.max_connections:
            is_refused = not waiting
            if waiting:
                longest = next(iter(waiting))
                del waiting[longest]
                longest.transport.close()
        if is_refused:
            self.app = too_many_connections
        waiting[self] = None
        self._close_after(CROWDED_HEAD_SECONDS if is_refused else HEAD_SECONDS)

    def _client_has_too_many(self) -> bool:
        """Whether this is one too many of its client's, by which it is counted from now on."""
        if self.client is None or is_within(self.client[0], self.config.shared):
            return False
        self._counted_as = self.client[0]
        return not self.config.shares.take(self._counted_as)

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.waiting.pop(self, None)
        if self._counted_as is not None:
            self.config.shares.give_back(self._counted_as)
        self._stop_timer()
        if self._read_timer is not None:
            self._read_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._in_body:
            left = self._body_end - self.loop.time()
            answered = self.cycle.response_complete
            if self in self.config.waiting:  # where it is no longer the one that has idled longest
                self.config.waiting.move_to_end(self)
            self._close_after(min(left, LINGER_SECONDS if answered else SILENCE_SECONDS))
        elif self._in_head and self._timer is None:  # the head comes in parts
            self._close_after(HEAD_SECONDS)

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._stop_timer()
        self._in_head, self._in_body = False, True
        super().on_headers_complete()
        seconds = UPLOAD_SECONDS if is_upload(self.scope["path"]) else BODY_SECONDS
        self._body_end = self.loop.time() + seconds

    def on_message_complete(self) -> None:
        self._stop_timer()
        self._in_body = False
        self.config.waiting.pop(self, None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.transport.is_closing() or not self.cycle.response_complete:
            return
        if self._in_body:  # what comes of it is dropped, so that the answer can be read
            self._body_end = self.loop.time() + LINGER_SECONDS
            self._close_after(LINGER_SECONDS)
        else:
            self.config.waiting[self] = None

    def pause_writing(self) -> None:
        super().pause_writing()
        self._read_timer = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _close_after(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(max(0.0, seconds), self.transport.close)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


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
