"""Under which names and from where the server is reached."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from page.server.proxies import listed, trusted_networks


@dataclass(frozen=True)
class Access:
    """Options of app.py.

    Raises:
        ValueError: one of them can't be what it is for; the sentence begins with its name.
    """

    host: str
    allowed_hosts: str | None = None
    allowed_origins: str | None = None
    trusted_proxies: str | None = None

    def __post_init__(self) -> None:
        for name in listed(self.allowed_hosts):
            if "/" in name or name.count(":") == 1:  # a host is known at every port
                raise ValueError(
                    f"allowed-hosts takes names such as digits.example.org, not {name!r}"
                )
        for origin in listed(self.allowed_origins):
            if not re.fullmatch(r"https?://[^/\s]+/?", origin):
                raise ValueError(
                    f"allowed-origins takes sites such as https://example.org, not {origin!r}"
                )
        try:
            trusted_networks(self.trusted_proxies)
        except ValueError as error:
            raise ValueError(f"trusted-proxies: {error}") from error


def from_options(options: Any) -> Access:
    """Those among the parsed options of app.py. Raises as :class:`Access`."""
    return Access(**{each.name: getattr(options, each.name) for each in fields(Access)})
