"""What one caller may take of the machine: each limit is a field, an option and a variable."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any


def limit(default: int | None, what: str, *, most: int, text: str | None = None) -> Any:
    """A field of :class:`Limits`: its default, what it bounds, and the largest value allowed.

    `text` says in the help what holds without a default.
    """
    return field(default=default, metadata={"what": what, "most": most, "text": text or default})


@dataclass(frozen=True)
class Limits:
    """Whole numbers ≥ 1. ``max_upload_mb`` is ``--max-upload-mb`` and ``DIGIT_MAX_UPLOAD_MB``.

    Raises:
        ValueError: one of them is too large or too small.
    """

    max_upload_mb: int = limit(50, "largest file to accept, in megabytes", most=10_000)
    # More could not be named in one call, see MAX_BYTES in bodies.py.
    max_batch_files: int = limit(500, "files to read in one batch", most=2_000)
    max_batch_mb: int = limit(1000, "megabytes of files in one batch", most=1_000_000)
    max_temp_mb: int = limit(4000, "megabytes of uploaded files on the disk", most=10_000_000)
    max_temp_minutes: int = limit(60, "minutes that an uploaded file stays", most=10_000)
    max_visitor_corrections: int = limit(
        200, "corrections to keep from one address in a day", most=1_000_000
    )
    max_run_corrections_mb: int = limit(
        500, "megabytes of corrections to keep until the app is stopped", most=1_000_000
    )
    max_corrections_mb: int = limit(
        2000, "megabytes of corrections to keep in all", most=10_000_000
    )
    max_connections: int = limit(
        4000, "connections at once, as far as the system allows", most=100_000
    )
    max_calls_in_flight: int = limit(
        500,
        "calls being answered, and as many waiting in the queue; further ones are told to wait",
        most=100_000,
    )
    max_calls_per_minute: int | None = limit(
        None,
        "calls of one address in a minute; none for this machine's own, unless given here",
        most=10_000_000,
        text="6000",
    )

    def __post_init__(self) -> None:
        for each in fields(self):
            value, most = getattr(self, each.name), each.metadata["most"]
            if value is not None and not 1 <= value <= most:
                raise ValueError(f"{each.name} is a number from 1 to {most}, not {value}")


def option_of(name: str) -> str:
    """The option that sets a limit: ``max_upload_mb`` is set by ``--max-upload-mb``."""
    return f"--{name.replace('_', '-')}"


def variable_of(name: str) -> str:
    """The environment variable that sets a limit."""
    return f"DIGIT_{name.upper()}"


def from_options(options: Any) -> Limits:
    """The limits among the parsed options of app.py."""
    return Limits(**{each.name: getattr(options, each.name) for each in fields(Limits)})
