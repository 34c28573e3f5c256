"""Which proxies are believed when they say who asks, under which name and scheme.

Anybody can send `X-Forwarded-…`, and Gradio would build the page's addresses of them. They are
taken off, unless a trusted proxy has sent them.
"""

from __future__ import annotations

import ipaddress
import os
from typing import TYPE_CHECKING

from page.server.addresses import LOOPBACK, PRIVATE, client_of, is_loopback, is_within

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from page.server.public_link import PublicLink

FORWARDED_HOST = b"x-forwarded-host"
FORWARDED = {
    FORWARDED_HOST,
    b"x-forwarded-for",
    b"x-forwarded-port",
    b"x-forwarded-prefix",
    b"x-forwarded-proto",
    b"forwarded",
    b"x-gradio-server",  # read by Gradio too
}


def listed(text: str | None) -> list[str]:
    """The parts of a text that commas separate, in lower case."""
    return [part.strip().lower() for part in (text or "").split(",") if part.strip()]


def trusted_networks(named: str | None) -> list[str]:
    """The networks of trusted proxies among the names, which commas separate.

    Without any, none is trusted; in a Space, the Hub's proxies are, which come from private
    addresses. Raises ValueError for what is no address and no network.
    """
    if named is None:
        return PRIVATE if "SPACE_ID" in os.environ else []
    return [str(ipaddress.ip_network(part)) for part in listed(named)]


class TrustedProxies:
    """ASGI middleware: client, scheme and host of a request become those that its proxy names."""

    def __init__(self, app: ASGIApp, networks: list[str], link: PublicLink) -> None:
        # Not at the top: app.py checks its options by this module before it imports anything slow.
        from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

        self._app = app
        self._networks = tuple(networks)
        self._link = link
        # A public link's tunnel ends in a process on this machine.
        believed = [*networks, *LOOPBACK]
        self._believe = ProxyHeadersMiddleware(app, believed)  # type: ignore[arg-type]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        peer = client_of(scope)
        hosts = {}
        forwarded = False
        for name, value in scope["headers"]:
            if name in FORWARDED:
                forwarded = True
            if name == b"host" or name == FORWARDED_HOST:
                hosts[name] = value.split(b",")[0].strip()
        if not forwarded:
            await self._app(scope, receive, send)
        elif is_within(peer, self._networks) or (
            self._link.host is not None
            and self._link.host.encode() in hosts.values()
            and is_loopback(peer)
        ):
            if FORWARDED_HOST in hosts:
                others = [header for header in scope["headers"] if header[0] != b"host"]
                scope["headers"] = [(b"host", hosts[FORWARDED_HOST]), *others]
            await self._believe(scope, receive, send)  # type: ignore[arg-type]
        else:
            scope["headers"] = [each for each in scope["headers"] if each[0] not in FORWARDED]
            await self._app(scope, receive, send)
