"""What one caller may take of the machine: each limit is a field, an option and a variable."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def limit(default: int, what: str, *, most: int) -> Any:
    """A field of :class:`Limits`: its default, what it bounds, and the largest value allowed."""
    return field(default=default, metadata={"what": what, "most": most})


@dataclass(frozen=True)
class Limits:
    """Whole numbers ≥ 1. ``max_upload_mb`` is ``--max-upload-mb`` and ``DIGIT_MAX_UPLOAD_MB``."""

    max_upload_mb: int = limit(50, "largest file to accept, in megabytes", most=10_000)


def option_of(name: str) -> str:
    """The option that sets a limit: ``max_upload_mb`` is set by ``--max-upload-mb``."""
    return f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    """The environment variable that sets a limit."""
    return f"DIGIT_{name.upper()}"


def from_options(options: Any) -> Limits:
    """The limits among the parsed options of app.py."""
    return Limits(**{each.name: getattr(options, each.name) for each in fields(Limits)})
