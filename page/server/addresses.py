"""Addresses of the network: whose they are, and by what one client is counted."""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Scope

LOOPBACK = ["127.0.0.0/8", "::1/128"]
PRIVATE = [*LOOPBACK, "10.0.0.0/8", "100.64.0.0/10", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]


def client_of(scope: Scope) -> str:
    """The address of whoever asks, "" if it isn't known."""
    return scope["client"][0] if scope.get("client") else ""


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own."""
    return is_within(address, tuple(LOOPBACK))


@functools.lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        parsed = _parsed(address)
    except ValueError:
        return False
    return any(parsed in ipaddress.ip_network(network) for network in networks)


def network_of(address: str) -> str:
    """What one client is counted by: an address of IPv4, or the network of a line with IPv6."""
    if ":" not in address:
        return address
    try:
        parsed = _parsed(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False))


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address; of IPv4 if it is one in IPv6's notation, ::ffff:192.0.2.1."""
    parsed = ipaddress.ip_address(address)
    return getattr(parsed, "ipv4_mapped", None) or parsed
