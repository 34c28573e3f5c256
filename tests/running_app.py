"""The app as people start it, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from processes import descendants, wait_for_end
from repository import ROOT

START_SECONDS = 90  # enough to import torch on a busy machine


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self) -> None:
        """As a service manager would; once the server has ended, no worker goes on."""
        workers = descendants(self.process.pid) if self.process.poll() is None else []
        self.process.terminate()
        self.process.wait(timeout=20)
        wait_for_end(workers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without the app's variables, plus `extra`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIGIT_", "GRADIO_"))}
    return {**kept, **extra}


@contextlib.contextmanager
def serving(folder: Path, *arguments: str, port: int = 0, **environment: str) -> Iterator[Server]:
    """Runs `python app.py` until the block ends. Its output goes to a file in `folder`."""
    port = port or free_port()
    log = folder / f"app-{port}.log"
    log.unlink(missing_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "app.py"), *arguments],
            cwd=folder,  # the app must not depend on where it is started
            # One worker of each kind, unless a test says how many.
            env=clean_environment(
                **({"GRADIO_SERVER_PORT": str(port), "DIGIT_WORKERS": "1"} | environment)
            ),
            stdout=output,
            stderr=output,
        )
    server = Server(process, f"http://127.0.0.1:{port}", log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while f"Running on local URL:  {server.url}" not in log.read_text():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"The app did not start:\n{log.read_text()}")
            time.sleep(0.05)
        yield server
    finally:
        server.stop()
