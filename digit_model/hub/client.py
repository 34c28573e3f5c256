"""The Hub's own client with limits. Without them it waits for ever and retries for minutes.

`huggingface_hub` has one HTTP client for the whole process. This module replaces it with one that
raises :class:`NoAnswerError` when a host is silent, sends next to nothing, keeps breaking the
connection, or asks for a long wait. The library neither catches nor retries that error.
"""

import math
import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

# huggingface_hub reads this when it is imported. Its other protocol, Xet, is made for files of
# gigabytes and does its own networking, to which the limits below don't apply.
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.utils import disable_progress_bars, get_session, httpx, logging

from digit_model.model_folder import ModelError

TIMEOUT_SECONDS = 12.0  # without a byte; DIGIT_HUB_TIMEOUT overrides it
WRITE_TIMEOUT_FACTOR = 1.5  # for uploads and commits, which the Hub works on before it answers
MIN_BYTES_PER_SECOND = 1000.0  # on average; checked once the time-out is over
MAX_ATTEMPTS = 3  # at one address within the time below; the library waits 1, then 2 seconds
ATTEMPTS_WITHIN_SECONDS = 60.0
MAX_WAIT_SECONDS = 5.0  # of a Retry-After; a longer one is an error
RETRIED_STATUSES = {408, 429, 500, 502, 503, 504}  # by the library


class NoAnswerError(Exception):
    """The Hub can't be reached or doesn't answer as it should. ``str(error)`` says how."""


def hub_api() -> HfApi:
    """The library's client, with limits. HF_ENDPOINT, HF_TOKEN and the like work as always."""
    _install_client()
    return HfApi(library_name="digit_model")


@cache
def _install_client() -> None:
    constants.HF_HUB_DISABLE_XET = True  # if it was imported before this module
    if not os.environ.get("HF_HUB_VERBOSITY"):
        logging.set_verbosity_error()  # it warns of each attempt; errors have their own sentence
    if not sys.stderr.isatty():
        disable_progress_bars()  # no use in a log
    hooks = get_session().event_hooks  # they enforce HF_HUB_OFFLINE
    failures: dict[str, list[float]] = {}

    def client() -> httpx.Client:
        return _Client(failures, event_hooks=hooks, follow_redirects=True)

    set_client_factory(client)


class _Client(httpx.Client):
    def __init__(self, failures: dict[str, list[float]], **options: Any) -> None:
        super().__init__(**options)
        self.timeout_seconds = _timeout()
        # Times of failures by address. It outlives this client, which the library replaces after
        # some failures.
        self._failures = failures

    def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        reads = request.method in ("GET", "HEAD")
        # In place of what the library asks for, at times for none and at times for less.
        seconds = self.timeout_seconds * (1.0 if reads else WRITE_TIMEOUT_FACTOR)
        request.extensions["timeout"] = httpx.Timeout(seconds).as_dict()
        address = f"{request.method} {request.url.copy_with(query=None)}"
        host = request.url.netloc.decode()
        try:
            response = super().send(request, stream=True, **options)
        except httpx.TransportError as error:
            raise self.translate(address, host, error) from error
        if response.status_code in RETRIED_STATUSES:
            self._limit_retries(address, host, response)
        if not isinstance(response.stream, _LimitedStream):
            response.stream = _LimitedStream(self, response, address, host)
        if not stream:
            try:
                response.read()
            except BaseException:
                response.close()
                raise
        return response

    def translate(self, address: str, host: str, error: Exception) -> Exception:
        """The error itself if the library may try again, else a NoAnswerError."""
        if isinstance(error, httpx.TimeoutException):
            return NoAnswerError(f"{host} does not answer")
        if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            return NoAnswerError(f"{host} can't be reached")
        if self._count_failure(address) < MAX_ATTEMPTS:
            return error
        return NoAnswerError(f"{host} keeps breaking the connection")

    def _limit_retries(self, address: str, host: str, response: httpx.Response) -> None:
        """Raise NoAnswerError if the library would wait too long, or try again too often."""
        status = f"{response.status_code} {response.reason_phrase}".strip()
        wait = _seconds_to_wait(response)
        if wait > MAX_WAIT_SECONDS or self._count_failure(address) >= MAX_ATTEMPTS:
            response.close()
            if response.status_code == 429:
                later = f" in {wait:.0f} seconds" if wait > MAX_WAIT_SECONDS else " later"
                raise NoAnswerError(f"{host} has had too many requests: try again{later}")
            raise NoAnswerError(f"{host} is out of order ({status})")

    def _count_failure(self, address: str) -> int:
        """How many requests to the address have failed lately, this one included."""
        now = time.monotonic()
        recent = [
            at for at in self._failures.get(address, []) if now - at < ATTEMPTS_WITHIN_SECONDS
        ]
        self._failures[address] = [*recent, now]
        return len(recent) + 1

    def forget_failures(self, address: str) -> None:
        self._failures.pop(address, None)


class _LimitedStream(httpx.SyncByteStream):
    """A response's body. Raises NoAnswerError if it is too slow or breaks off too often."""

    def __init__(self, client: _Client, response: httpx.Response, address: str, host: str) -> None:
        self._client, self._address, self._host = client, address, host
        self._stream: Any = response.stream
        self._is_success = response.is_success

    def __iter__(self) -> Iterator[bytes]:
        started, received = time.monotonic(), 0
        try:
            for chunk in self._stream:
                received += len(chunk)
                elapsed = time.monotonic() - started
                if (
                    elapsed > self._client.timeout_seconds
                    and received < MIN_BYTES_PER_SECOND * elapsed
                ):
                    raise NoAnswerError(f"{self._host} sends next to nothing")
                yield chunk
        except httpx.TransportError as error:
            raise self._client.translate(self._address, self._host, error) from error
        if self._is_success:
            self._client.forget_failures(self._address)

    def close(self) -> None:
        self._stream.close()


def _timeout() -> float:
    chosen = os.environ.get("DIGIT_HUB_TIMEOUT") or TIMEOUT_SECONDS
    try:
        seconds = float(chosen)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ModelError(f"DIGIT_HUB_TIMEOUT is a number of seconds, not {chosen!r}.")
    return seconds


def _seconds_to_wait(response: httpx.Response) -> float:
    """The wait that the Hub asks for, in either of the headers that the library obeys."""
    waits = [response.headers.get("retry-after", "")]
    waits += [
        part.strip()[2:]
        for part in response.headers.get("ratelimit", "").split(";")
        if part.strip().startswith("t=")
    ]
    return max([float(wait) for wait in waits if wait.strip().isdigit()], default=0.0)
