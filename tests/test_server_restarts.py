"""A worker or the server ends, and starts again: what the server says, and what a page keeps."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from drawings import drawing_of
from playwright.sync_api import expect
from processes import descendants, wait_for_end
from running_app import Server, serving
from test_monitoring import metrics
from test_server_connections import check_that_what_is_in_flight_is_answered
from visitor import Profiles, Visitor, ink

pytestmark = [pytest.mark.browser, pytest.mark.slow]  # together: one goes on where another ends


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("restarts")


@pytest.fixture(scope="module")
def first(folder: Path) -> Iterator[Server]:
    with serving(folder, "--workers", "1") as server:
        yield server


@pytest.fixture(scope="module")
def second(folder: Path, first: Server) -> Iterator[Server]:
    """At the address of the first one, which has been killed."""
    kill(first)
    with serving(folder, "--workers", "1", port=int(first.url.rpartition(":")[2])) as server:
        yield server


def kill(server: Server) -> None:
    """It has no time for anything, and its workers end with it."""
    children = descendants(server.process.pid)
    server.process.kill()
    server.process.wait()
    wait_for_end(children)


def wait_until_ready(http: httpx.Client) -> None:
    deadline = time.monotonic() + 15
    while http.get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, "it does not come back"
        time.sleep(0.1)


def workers_with_parent(server: Server) -> list[int]:
    """The process from which workers are forked, and these."""
    children = {pid: descendants(pid) for pid in descendants(server.process.pid)}
    [(parent, workers)] = [(pid, forked) for pid, forked in children.items() if forked]
    return [parent, *workers]


def test_what_workers_import_they_share_wherever_the_app_is_started(first: Server) -> None:
    parent, *workers = workers_with_parent(first)
    assert len(workers) == 2
    assert "libtorch" in Path(f"/proc/{parent}/maps").read_text()


def test_a_server_whose_worker_died_is_not_ready_until_it_is_replaced(first: Server) -> None:
    http = httpx.Client(base_url=first.url, trust_env=False, timeout=30)
    wait_until_ready(http)
    restarts = "digit_worker_restarts_total"
    assert metrics(http)[restarts] == 0
    os.kill(workers_with_parent(first)[-1], signal.SIGKILL)
    deadline = time.monotonic() + 15
    while metrics(http)["digit_workers_alive"] == 2:
        assert time.monotonic() < deadline, "nobody notices"
    answer = http.get("/readyz")  # which has it replaced
    assert (answer.status_code, answer.json()["status"]) == (503, "not ready")
    wait_until_ready(http)
    assert metrics(http)[restarts] == 1
    assert metrics(http)["digit_workers_alive"] == 2
    assert len(descendants(first.process.pid)) >= 3  # of them a drawing's worker and a file's


def test_the_drawing_and_the_history_outlive_the_server_a_reload_and_back(
    profiles: Profiles, first: Server, request: pytest.FixtureRequest
) -> None:
    with profiles.one() as context:
        visitor = Visitor(context.new_page(), first.url)
        history = visitor.page.locator("#history .count")
        visitor.draw(drawing_of("6"))
        expect(visitor.label).to_have_text("6")
        expect(history).to_have_text("(1)")
        visitor.button("Clear").click()
        points = drawing_of("2").strokes[0]
        visitor.press(points[0])
        for point in points[4:16:4]:
            visitor.move(point)
        kill(first)
        for point in [*points[16:-1:4], points[-1]]:
            visitor.move(point)
        status = visitor.page.locator("#pad .status")
        expect(status).to_have_text(re.compile("No answer"))
        expect(visitor.page.locator("#card .stale")).to_be_visible()  # what it shows is older
        visitor.lift()
        request.getfixturevalue("second")
        expect(visitor.label).to_have_text("2")
        expect(status).to_have_text("")
        expect(visitor.page.locator("#card .stale")).to_be_hidden()
        expect(history).to_have_text("(2)")
        drawn = ink(visitor)
        visitor.page.reload()
        expect(visitor.label).to_have_text("2")
        # Points are kept to 1/10,000 of a side.
        assert ink(visitor) == pytest.approx(drawn, abs=0.5)
        visitor.page.goto(f"{first.url}/healthz")
        visitor.page.go_back()
        expect(visitor.label).to_have_text("2")
        expect(history).to_have_text("(2)")  # read again, and the same
        visitor.page.keyboard.press("Control+z")
        visitor.page.keyboard.press("Control+z")  # what was cleared before the reload
        expect(visitor.label).to_have_text("6")
        visitor.page.locator("#history summary").click()
        visitor.page.locator("#history button", has_text="2").click()
        expect(visitor.label).to_have_text("2")
        visitor.button("Clear").click()
        visitor.draw(drawing_of("5"))
        expect(visitor.label).to_have_text("5")


def test_what_is_in_flight_is_answered_before_the_end(second: Server) -> None:
    check_that_what_is_in_flight_is_answered(second, signal.SIGINT)
