"""`python app.py` and its options."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from repository import ROOT
from running_app import clean_environment, free_port

from page.server.launch import name_in_url
from page.server.options import parse_options
from page.server.sockets import check_address, listen

pytestmark = pytest.mark.slow


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "app.py"), *arguments],
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_help_names_every_option_and_variable() -> None:
    result = run("--help")
    assert result.returncode == 0
    for name in ("--model", "--share", "--host", "--port", "--max-upload-mb", "--mcp"):
        assert name in result.stdout
    for name in ("DIGIT_MODEL", "DIGIT_SHARE", "DIGIT_MAX_UPLOAD_MB"):
        assert name in result.stdout
    for name in ("GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"):
        assert name in result.stdout


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--port", "http"], {}),
        (["--port", "0"], {}),
        (["--port", "70000"], {}),
        (["--max-upload-mb", "-5"], {}),
        (["--max-upload-mb", "much"], {}),
        (["--host", "no.such.host.invalid"], {}),
        (["--host", "127.0..1"], {}),
        (["--nonsense"], {}),
        (["--allowed-hosts", "https://example.org/"], {}),
        (["--allowed-hosts", "example.org:8443"], {}),
        (["--trusted-proxies", "nobody"], {}),
        (["--model", "~nobody-is-called-so/weights"], {}),
        (["--allowed-origins", "https://a.org, example.org"], {}),
        (["--corrections", str(ROOT / "README.md")], {}),
        ([], {"GRADIO_SERVER_PORT": "http"}),
        ([], {"DIGIT_MAX_UPLOAD_MB": "0"}),
        ([], {"DIGIT_SHARE": "maybe"}),
        ([], {"DIGIT_MCP": "maybe"}),
        ([], {"DIGIT_MODEL": "no/such/folder"}),
    ],
    ids=str,
)
def test_bad_input_ends_with_status_2_and_one_sentence(
    arguments: list[str], environment: dict[str, str]
) -> None:
    result = run(*arguments, **environment)
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("app.py: ")
    assert result.stderr.count("\n") == 1
    for variable in environment.keys() - {"DIGIT_MODEL"}:  # which is about a folder
        assert variable in result.stderr


def test_a_folder_for_corrections_that_cannot_be_looked_at_is_refused_later() -> None:
    """With the sentence for a disk that refuses, when somebody corrects an answer."""
    name = 300 * "a"  # too long to be one
    assert parse_options(["--corrections", name]).corrections == name


def test_ctrl_c_while_it_starts_ends_it_quietly() -> None:
    """A terminal sends it to all processes of the app, the one that forks workers included."""
    started = subprocess.Popen(
        [sys.executable, str(ROOT / "app.py"), "--workers", "1", "--port", str(free_port())],
        env=clean_environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children")
    deadline = time.monotonic() + 60
    while not children.read_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.5)  # in which it imports torch
    os.killpg(started.pid, signal.SIGINT)
    _, said = started.communicate(timeout=60)
    assert started.returncode == 0
    assert said == ""


def test_a_signal_within_a_callback_of_python_s_own_ends_it_quietly() -> None:
    """Such as at the end of an import: what is raised there goes no further."""
    code = (
        "import signal, time, weakref, app\n"
        "class Thing: pass\n"
        "signal.signal(signal.SIGTERM, app.exit_on_signal)\n"
        "thing = Thing()\n"
        "watch = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGTERM))\n"
        "del thing\n"
        "time.sleep(3)\n"
        "print('it goes on')\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "localhost"), ("::", "localhost")]
    + [(host, "[::1]") for host in ("::1", "[::1]")],
)
def test_the_printed_address_can_be_opened(host: str, name: str) -> None:
    assert name_in_url(host) == name


def test_an_address_that_this_machine_lacks_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = socket.SOCK_STREAM
    lacking = (socket.AF_INET6, stream, 6, "", ("2001:db8::1", 0, 0, 0))  # of the documentation's
    here = (socket.AF_INET, stream, 6, "", ("127.0.0.1", 0))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [lacking, here])
    check_address("localhost", None)
    [opened] = listen("localhost", 0)
    assert opened.getsockname()[0] == "127.0.0.1"
    opened.close()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [lacking])
    with pytest.raises(OSError, match="2001:db8::1"):
        listen("localhost", 0)


def test_a_port_in_use_is_reported_at_once() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        start = time.monotonic()
        result = run("--port", port)
    assert result.returncode == 2
    assert port in result.stderr
    assert "in use" in result.stderr
    assert result.stderr.count("\n") == 1
    assert time.monotonic() - start < 5  # so gradio and torch were not imported before
