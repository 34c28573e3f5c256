"""The addresses that the server listens at."""

from __future__ import annotations

import errno
import socket

PORTS = range(7860, 7960)  # the first free one is taken
# A name may stand for an address that this machine doesn't have: "localhost" is "::1", too, in
# containers without IPv6.
NOT_HERE = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)


def listen(host: str, port: int | None) -> list[socket.socket]:
    """Sockets at each address of the host, at this port or the first free one of PORTS.

    Raises OSError if there is none.
    """
    for candidate in PORTS if port is None else [port]:
        try:
            return _sockets(host, candidate)
        except OSError as error:
            problem = error
    raise problem


def check_address(host: str, port: int | None) -> None:
    """Raises OSError if the server could not listen there, before anything slow is imported."""
    for opened in _sockets(host, port or 0):
        opened.close()


def _sockets(host: str, port: int) -> list[socket.socket]:
    """At each of its addresses that this machine has. Raises OSError if there is none."""
    addresses = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    problem: OSError | None = None
    for family, _, _, _, address in addresses:
        try:
            sockets.append(socket.create_server(address[:2], family=family))
        except OSError as error:
            problem = error
            if error.errno not in NOT_HERE:
                for opened in sockets:
                    opened.close()
                raise
    if not sockets and problem:
        raise problem
    return sockets
