"""Under which names and from where the server is reached."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Access:
    """Options of app.py."""

    host: str
    allowed_hosts: str | None = None
    allowed_origins: str | None = None
    trusted_proxies: str | None = None
