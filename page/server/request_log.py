"""The log: a line of JSON for each event, on standard error.

A line names the kind of a request, never its path: paths hold the names of files, and whatever a
stranger has put there. Nothing logs bodies.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime

REPEATS = 5  # of one message, in each period
PERIOD_SECONDS = 60.0
MAX_MESSAGES = 1_000  # that are told apart in one period
MAX_CHARACTERS = 500  # of a message

logger = logging.getLogger("digit.requests")


def start_logging(*, requests: bool) -> None:
    """Log warnings and errors, and each request if `requests`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(Repeats())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logger.setLevel(logging.INFO if requests else logging.WARNING)


class JsonLines(logging.Formatter):
    """A record as one line: time (UTC), level, logger, message, and what `extra` has in `fields`.

    An exception is its type and where it was raised; its text may hold what a caller has sent.
    """

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage().strip()[:MAX_CHARACTERS],
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            kind, _, trace = record.exc_info
            while trace and trace.tb_next:
                trace = trace.tb_next
            line["exception"] = kind.__name__
            if trace:
                code = trace.tb_frame.f_code
                line["raised"] = f"{code.co_name}, line {trace.tb_lineno}"
        return json.dumps(line)  # in ASCII: line feeds and escape characters are written out


class Repeats(logging.Filter):
    """Lets a message of warnings or errors through a few times a minute, then counts."""

    def __init__(self) -> None:
        super().__init__()
        self._period = 0.0
        self._counts: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        if record.created - self._period > PERIOD_SECONDS:
            self._period = record.created
            self._counts.clear()
        message = f"{record.name} {str(record.msg).strip().partition(chr(10))[0]}"
        if message not in self._counts and len(self._counts) >= MAX_MESSAGES:
            return False
        count = self._counts[message] = self._counts.get(message, 0) + 1
        if count == REPEATS:
            record.msg = f"{record.msg} (repeated; not logged again for a minute)"
        return count <= REPEATS


def log_request(kind: str, status: int, seconds: float, client: str) -> None:
    """Log an answered request: as an error if the server failed, else as information."""
    level = logging.ERROR if status == 500 else logging.INFO
    if logger.isEnabledFor(level):
        milliseconds = round(1000 * seconds, 1)
        fields = {"kind": kind, "status": status, "ms": milliseconds, "client": client}
        logger.log(level, "request", extra={"fields": fields})
