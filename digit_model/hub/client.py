"""The Hub's own client, made to give up: it waits for ever by default, and tries again for minutes.

`huggingface_hub` has one HTTP client for the whole process; this module gives it one that raises
:class:`NoAnswerError`, which its layers neither catch nor retry, when a host stays silent, sends
next to nothing, keeps breaking off, or asks for more patience than a person has.
"""

import os
import sys
import time
from collections.abc import Iterator
from functools import cache
from typing import Any

# Read when huggingface_hub is imported. Its other protocol, Xet, is made for files of gigabytes,
# and does its own networking, out of reach of what follows.
os.environ.setdefault("HF_HUB_DISABLE_XET", "1")

from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.utils import disable_progress_bars, get_session, httpx, logging

SILENCE = 12.0  # seconds without a byte from the Hub before it counts as gone; DIGIT_HUB_TIMEOUT
WORKING = 1.5  # times as long where it has something to do before it answers
CRAWL = 1000.0  # bytes a second; what stays below it for so long as SILENCE is given up too
ATTEMPTS = 3  # at one address, within AT_ONCE; the client waits 1 and 2 seconds between them
AT_ONCE = 60.0  # seconds
PATIENCE = 5.0  # seconds; who is asked to come back later than that is told so instead
BUSY = {408, 429, 500, 502, 503, 504}  # answers after which the client tries again


class NoAnswerError(Exception):
    """The Hub can't be reached or doesn't answer as it should. ``str(error)`` says how."""


def hub_api() -> HfApi:
    """The client, with limits; HF_ENDPOINT, HF_TOKEN and the like mean what they always do."""
    _install()
    return HfApi(library_name="digit_model")


@cache
def _install() -> None:
    constants.HF_HUB_DISABLE_XET = True  # where it had been imported before this module
    if not os.environ.get("HF_HUB_VERBOSITY"):
        logging.set_verbosity_error()  # each attempt is news to it; failures have their sentence
    if not sys.stderr.isatty():
        disable_progress_bars()  # nobody watches them in a log
    hooks = get_session().event_hooks  # they keep HF_HUB_OFFLINE's promise
    failures: dict[str, list[float]] = {}

    def client() -> httpx.Client:
        return _Client(failures, event_hooks=hooks, follow_redirects=True)

    set_client_factory(client)


class _Client(httpx.Client):
    def __init__(self, failures: dict[str, list[float]], **options: Any) -> None:
        super().__init__(**options)
        self.silence = _silence()
        self._failures = failures  # by address; outlives this client, which is replaced after some

    def send(
        self, request: httpx.Request, *, stream: bool = False, **options: Any
    ) -> httpx.Response:
        silence = self.silence * (1.0 if request.method in ("GET", "HEAD") else WORKING)
        wanted = request.extensions.get("timeout", {}).values()
        seconds = min([silence, *(limit for limit in wanted if limit is not None)])
        request.extensions["timeout"] = httpx.Timeout(seconds).as_dict()
        address = f"{request.method} {request.url.copy_with(query=None)}"
        host = request.url.netloc.decode()
        try:
            response = super().send(request, stream=True, **options)
        except httpx.TransportError as error:
            raise self._failed(address, host, error) from error
        if response.status_code in BUSY:
            self._busy(address, host, response)
        if response.is_success and not isinstance(response.stream, _Watched):
            response.stream = _Watched(self, response.stream, address, host)
        if not stream:
            try:
                response.read()
            except BaseException:
                response.close()
                raise
        return response

    def _failed(self, address: str, host: str, error: Exception) -> Exception:
        """What to raise: the error itself as long as it's worth trying again."""
        if isinstance(error, httpx.TimeoutException):
            return NoAnswerError(f"{host} does not answer")
        if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
            return NoAnswerError(f"{host} can't be reached")
        if self._count(address) < ATTEMPTS:
            return error
        return NoAnswerError(f"{host} keeps breaking the connection")

    def _busy(self, address: str, host: str, response: httpx.Response) -> None:
        """NoAnswerError where the client would otherwise sleep for long, or once too often."""
        status = f"{response.status_code} {response.reason_phrase}".strip()
        wait = _seconds_to_wait(response)
        if wait > PATIENCE or self._count(address) >= ATTEMPTS:
            response.close()
            if response.status_code == 429:
                later = f" in {wait:.0f} seconds" if wait > PATIENCE else " later"
                raise NoAnswerError(f"{host} has had too many requests: try again{later}")
            raise NoAnswerError(f"{host} is out of order ({status})")

    def _count(self, address: str) -> int:
        now = time.monotonic()
        recent = [at for at in self._failures.get(address, []) if now - at < AT_ONCE]
        self._failures[address] = [*recent, now]
        return len(recent) + 1

    def succeeded(self, address: str) -> None:
        self._failures.pop(address, None)


class _Watched(httpx.SyncByteStream):
    """A response's body; NoAnswerError when it comes in too slowly or breaks off too often."""

    def __init__(self, client: _Client, stream: Any, address: str, host: str) -> None:
        self._client, self._stream, self._address, self._host = client, stream, address, host

    def __iter__(self) -> Iterator[bytes]:
        started, received = time.monotonic(), 0
        try:
            for chunk in self._stream:
                received += len(chunk)
                elapsed = time.monotonic() - started
                if elapsed > self._client.silence and received < CRAWL * elapsed:
                    raise NoAnswerError(f"{self._host} sends next to nothing")
                yield chunk
        except httpx.TransportError as error:
            raise self._client._failed(self._address, self._host, error) from error
        self._client.succeeded(self._address)

    def close(self) -> None:
        self._stream.close()


def _silence() -> float:
    try:
        return max(float(os.environ.get("DIGIT_HUB_TIMEOUT") or SILENCE), 0.1)
    except ValueError:
        return SILENCE


def _seconds_to_wait(response: httpx.Response) -> float:
    """How long the Hub asks to wait, by either of the headers that its client obeys."""
    waits = [response.headers.get("retry-after", "")]
    waits += [
        part.strip()[2:]
        for part in response.headers.get("ratelimit", "").split(";")
        if part.strip().startswith("t=")
    ]
    return max([float(wait) for wait in waits if wait.strip().isdigit()], default=0.0)
