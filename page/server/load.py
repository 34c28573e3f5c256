"""How much work is taken on: calls in flight, all together and of one client, and in a minute."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import TYPE_CHECKING

from page.server.addresses import client_of, is_loopback, network_of
from page.server.answers import refuse_busy
from page.server.paths import JOIN, STREAMED, is_upload
from page.server.shares import Shares, share_of

if TYPE_CHECKING:
    from gradio.queueing import Queue
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALLS_PER_MINUTE = 6000  # of another machine; somebody drawing makes 20 in a second
MAX_CLIENTS = 10_000  # whose calls are counted; after that, the one that has paused longest goes


class CallRate:
    """ASGI middleware: busy for a client that has called too often.

    Each has a bucket of as many calls as it may make in a minute, which fills evenly.
    """

    def __init__(self, app: ASGIApp, calls_per_minute: int | None) -> None:
        """`calls_per_minute` counts for everybody; None: CALLS_PER_MINUTE, but for this machine."""
        self._app = app
        self._spare_loopback = calls_per_minute is None
        self._capacity = float(calls_per_minute or CALLS_PER_MINUTE)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # calls left, and when

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "POST":
            seconds = self._seconds_to_wait(client_of(scope))
            if seconds > 0:
                await refuse_busy(scope, receive, send, math.ceil(seconds))
                return
        await self._app(scope, receive, send)

    def _seconds_to_wait(self, address: str) -> float:
        """Until this client may call; 0: now, and the call is counted."""
        if self._spare_loopback and is_loopback(address):
            return 0
        client, now = network_of(address), time.monotonic()
        left, then = self._buckets.pop(client, (self._capacity, now))
        left = min(self._capacity, left + (now - then) * self._capacity / 60)
        allowed = left >= 1
        self._buckets[client] = (left - allowed, now)
        if len(self._buckets) > MAX_CLIENTS:
            self._buckets.popitem(last=False)
        return 0 if allowed else (1 - left) * 60 / self._capacity


class CallsInFlight:
    """ASGI middleware: busy when as many calls are being answered as the limit allows.

    So it is for who has ONE_CLIENT of them. Those whose body has not arrived don't count, and
    uploads neither: slow senders take no place. The queue holds its own calls, see `asgi.py`; when
    it is full, there are the same words.
    """

    def __init__(self, app: ASGIApp, most: int, queue: Queue) -> None:
        self._app, self._most, self._queue = app, most, queue
        self._in_flight = Shares(most)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "POST" or is_upload(path):
            await self._app(scope, receive, send)
        elif path.startswith((JOIN, STREAMED)):
            await self._join_queue(scope, receive, send)
        else:
            client = client_of(scope)
            try:
                if self._in_flight.take(client) and self._in_flight.taken <= self._most:
                    await self._app(scope, receive, send)
                else:
                    await refuse_busy(scope, receive, send)
            finally:
                self._in_flight.give_back(client)

    async def _join_queue(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_full = self._has_its_share_of_the_queue(client_of(scope))

        async def send_unless_full(message: Message) -> None:
            nonlocal is_full
            is_full = is_full or message.get("status") == 503
            if not is_full:
                await send(message)

        if not is_full:
            await self._app(scope, receive, send_unless_full)
        if is_full:
            await refuse_busy(scope, receive, send)

    def _has_its_share_of_the_queue(self, client: str) -> bool:
        if is_loopback(client):
            return False
        events = self._queue.event_ids_to_events.values()
        network = network_of(client)
        own = sum(network_of(client_of(event.request.scope)) == network for event in events)
        return own >= share_of(self._most)
