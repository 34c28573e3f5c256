"""A process with the real client and this package, which tests send to a Hub of their own.

huggingface_hub reads HF_ENDPOINT and HF_HOME when it is imported, so the tests can't use their own
process. Importing torch takes seconds, so many tests share one process and its cache: a test that
needs an empty cache takes a new repository. The process shortens the library's waits between
attempts, unless it is started as patient; tests count the attempts instead.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from repository import ROOT

WAIT_FACTOR = 0.02  # shortens the waits of the library, unless the process is patient


def environment(url: str, home: Path, **extra: str) -> dict[str, str]:
    """For a process that knows only the test's Hub, but no token and no cache of this machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("HF_", "DIGIT_", "GRADIO_"))}
    proxies = {k: v for k, v in kept.items() if not k.lower().endswith("_proxy")}
    hub = {"HF_ENDPOINT": url, "HF_HOME": str(home), "HF_HUB_DISABLE_XET": "1"}
    return {**proxies, **hub, "HF_HUB_DISABLE_TELEMETRY": "1", "PYTHONPATH": str(ROOT), **extra}


@dataclass
class Outcome:
    status: int
    out: str
    err: str
    seconds: float
    value: Any = None

    @property
    def sentence(self) -> str:
        """The error: the only line on stderr."""
        (line,) = self.err.splitlines()
        assert line.startswith("digit_model: ")
        return line.removeprefix("digit_model: ")


class Client:
    """The process; stopped by :meth:`close`."""

    def __init__(self, url: str, home: Path, *, patient: bool = False, **extra: str) -> None:
        self.home = home
        variables = environment(url, home, **extra)
        del variables["HF_HUB_DISABLE_XET"]  # the package sets it itself
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve()), *(["--patient"] if patient else [])],
            env=variables,
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def command(
        self, *arguments: str | Path, token: str | None = None, timeout: str | None = None
    ) -> Outcome:
        """`python -m digit_model ARGUMENTS`; `timeout` is DIGIT_HUB_TIMEOUT meanwhile."""
        command = [str(argument) for argument in arguments]
        return self._ask(command=command, token=token, timeout=timeout)

    def load(
        self, *arguments: str, token: str | None = None, timeout: str | None = None, **options: Any
    ) -> Outcome:
        """`DigitRecognizer.from_pretrained(…)`; the value has id, revision, notice and logits."""
        return self._ask(load=list(arguments), options=options, token=token, timeout=timeout)

    def run(self, code: str, *, token: str | None = None, timeout: str | None = None) -> Outcome:
        """Run Python code in the process; what it assigns to `value` is the outcome's value."""
        return self._ask(code=code, token=token, timeout=timeout)

    def _ask(self, **request: Any) -> Outcome:
        process = self._process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        return Outcome(**json.loads(process.stdout.readline()))


def _load(arguments: list[str], options: dict[str, Any]) -> dict[str, Any]:
    import numpy as np

    from digit_model import DigitRecognizer

    recognizer = DigitRecognizer.from_pretrained(*arguments, **options)
    digits = np.random.default_rng(0).integers(0, 256, (4, 28, 28)).astype(np.uint8)
    return {
        "id": recognizer.id,
        "revision": recognizer.revision,
        "sha256": recognizer.sha256,
        "notice": recognizer.notice,
        "logits": recognizer.logits(digits).tolist(),
    }


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from huggingface_hub import close_session

    from digit_model import ModelError
    from digit_model.__main__ import main

    _set("HF_TOKEN", request["token"])
    if os.environ.get("DIGIT_HUB_TIMEOUT") != request["timeout"]:
        _set("DIGIT_HUB_TIMEOUT", request["timeout"])
        close_session()  # the next one asks for the time-out
    started, value, status = time.monotonic(), None, 0
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            if "command" in request:
                status = main(request["command"])
            elif "code" in request:
                names: dict[str, Any] = {}
                exec(request["code"], names)
                value = names.get("value")
                names.clear()  # functions in it refer to it: else its objects would live on
            else:
                value = _load(request["load"], request["options"])
        except ModelError as error:
            status = 2
            print(f"digit_model: {error}", file=sys.stderr)
        except SystemExit as error:
            status = int(error.code or 0)
    seconds = time.monotonic() - started
    return {
        "status": status,
        "out": out.getvalue(),
        "err": err.getvalue(),
        "seconds": seconds,
        "value": value,
    }


def _set(variable: str, value: str | None) -> None:
    os.environ.pop(variable, None)
    if value:
        os.environ[variable] = value


class _ShortSleeps:
    """Replaces the module `time` in the library."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)

    def sleep(self, seconds: float) -> None:
        time.sleep(WAIT_FACTOR * seconds)


def _shorten_waits() -> None:
    from huggingface_hub import file_download
    from huggingface_hub.utils import _http

    for module in (file_download, _http):
        assert vars(module)["time"] is time
        vars(module)["time"] = _ShortSleeps()


if __name__ == "__main__":
    if "--patient" not in sys.argv:
        _shorten_waits()
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), flush=True)
