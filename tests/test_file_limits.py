"""What a stranger's file may take of the machine, whatever it does to its decoder."""

from __future__ import annotations

import asyncio
import multiprocessing
import multiprocessing.forkserver
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import hostile_files as hostile
import numpy as np
import pytest
from drawings import drawing_of
from processes import run_async

from digit_model import ImageError
from digit_model.serving import worker as jobs
from digit_model.serving.client import RecognizerClient
from digit_model.serving.pool import GRACE_SECONDS, GivenUpError, Worker
from digit_model.serving.worker import JOB_MEMORY_BYTES

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def worker() -> Iterator[Worker]:
    started = Worker(None)
    started.wait_until_loaded()
    yield started
    started.stop()


def cpu_seconds(pid: int) -> float:
    """What a process has taken of the processor."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pids: list[int]) -> int:
    """Megabytes of processes, without the files that they have mapped."""
    # Not Pss: to measure it holds a process up.
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in pids]
    return sum(int(status.split("RssAnon:")[1].split()[0]) for status in statuses) // 1024


async def is_restarted(worker: Worker, restarts: int) -> None:
    while worker.restarts == restarts:
        await asyncio.sleep(0.01)
    assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)


def test_a_job_has_its_share_of_the_processor_and_no_second_try(worker: Worker) -> None:
    restarts, seconds = worker.restarts, 1
    less = f"import digit_model.serving.worker as jobs; jobs.JOB_CPU_SECONDS = {seconds}"
    # A loop in C, which no signal handler of Python's interrupts.
    endless = (sum, range(10**12))

    async def scenario() -> None:
        await worker.run(exec, less, timeout_seconds=30)  # in the process that is to end
        start = time.monotonic()
        with pytest.raises(GivenUpError, match="more than this machine can give"):
            await worker.run(*endless, timeout_seconds=60)
        assert time.monotonic() - start >= 0.7 * seconds  # Linux counts whole ticks
        assert worker.restarts == restarts + 1
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)

    run_async(scenario())


def test_what_ended_a_process_is_known_while_others_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two threads that read an exit code at once one got 255: the job was tried once more."""
    read = multiprocessing.forkserver.read_signed

    def read_slowly(connection: int) -> int:
        time.sleep(0.02)
        return read(connection)

    monkeypatch.setattr(multiprocessing.forkserver, "read_signed", read_slowly)
    workers = [Worker(None) for _ in range(4)]

    async def crash(worker: Worker) -> None:
        for restarts in range(1, 4):
            with pytest.raises(GivenUpError, match="more than this machine can give"):
                await worker.run(os.kill, worker.pid(), signal.SIGSEGV, timeout_seconds=60)
            assert worker.restarts == restarts
            assert await worker.run(divmod, 7, 3, timeout_seconds=60) == (2, 1)

    async def scenario() -> None:
        await asyncio.gather(*(crash(worker) for worker in workers))

    for worker in workers:
        worker.wait_until_loaded()
    try:
        run_async(scenario())
    finally:
        for worker in workers:
            worker.stop()


def burn(seconds: float) -> None:
    """Of the processor."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def work_at_each_tick() -> None:
    """A second of jobs by the clock, for which Linux counts many more ticks; then more of them."""
    ticks = -8  # the clock of this process that counts them, and that limits go by
    jobs.JOB_CPU_SECONDS = 1
    end = time.monotonic() + 20
    while time.clock_gettime(ticks) - time.process_time() < 1.1 and time.monotonic() < end:
        before = time.clock_gettime(ticks)
        while time.clock_gettime(ticks) == before:
            pass
        time.sleep(0.003)
    for _ in range(10):
        jobs.bounded(burn, 0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="ticks are counted so on Linux")
def test_a_process_is_not_ended_for_the_ticks_of_all_its_jobs() -> None:
    """Workers once ended every eight minutes, each with the drawing that it was reading."""
    process = multiprocessing.get_context("spawn").Process(target=work_at_each_tick)
    process.start()
    process.join()
    assert process.exitcode == 0


def test_a_job_has_its_share_of_memory(worker: Worker) -> None:
    async def scenario() -> None:
        with pytest.raises(MemoryError):
            await worker.run(np.ones, JOB_MEMORY_BYTES, np.uint8, timeout_seconds=30)
        assert await worker.run(len, b"abc", timeout_seconds=30) == 3

    restarts = worker.restarts
    run_async(scenario())
    assert worker.restarts == restarts


def test_a_job_ends_when_its_caller_leaves(worker: Worker) -> None:
    restarts, pid = worker.restarts, worker.pid()
    assert pid is not None

    async def scenario() -> None:
        before = cpu_seconds(pid)
        task = asyncio.ensure_future(worker.run(sum, range(10**12), timeout_seconds=60))
        while cpu_seconds(pid) < before + 0.1:
            await asyncio.sleep(0.01)
        task.cancel()
        start = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - start < GRACE_SECONDS + 0.5
        await is_restarted(worker, restarts)
        assert not Path(f"/proc/{pid}/exe").exists()

    run_async(scenario())


def test_a_cheap_job_whose_caller_leaves_costs_no_process(worker: Worker) -> None:
    restarts = worker.restarts

    async def scenario() -> None:
        task = asyncio.ensure_future(worker.run(time.sleep, 0.1, timeout_seconds=60))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)

    run_async(scenario())
    assert worker.restarts == restarts


def test_no_large_picture_passes_as_a_drawing(recognizer_client: RecognizerClient) -> None:
    with pytest.raises(ImageError, match="more than 4 megapixels"):
        run_async(recognizer_client.recognize_drawing(hostile.png(3000, 3000)))


async def while_busy(
    client: RecognizerClient, files: list[bytes], meanwhile: Callable[[], Awaitable[None]]
) -> list[Any]:
    """The answers to files that are sent at once; meanwhile something else goes on."""
    tasks = [asyncio.ensure_future(client.recognize_file(file)) for file in files]
    answers = asyncio.gather(*tasks, return_exceptions=True)
    while not answers.done():
        await meanwhile()
    return await answers


def test_the_largest_pictures_are_read_one_at_a_time(recognizer_client: RecognizerClient) -> None:
    client = recognizer_client
    pids = [pid for worker in client.workers if (pid := worker.pid()) is not None]
    assert len(pids) == 4
    most = before = memory(pids)

    async def measure() -> None:
        nonlocal most
        await asyncio.sleep(0.02)
        most = max(most, memory(pids))

    files = [hostile.LARGE["PNG, grey and alpha"]()] * 4
    answers = run_async(while_busy(client, files, measure))
    assert [answer[0].verdict for answer in answers] == ["blank"] * 4
    assert 200 < most - before < 400


def test_the_pad_answers_while_the_worst_files_are_read(
    recognizer_client: RecognizerClient,
) -> None:
    client, drawing = recognizer_client, drawing_of("7").png()
    files = [hostile.jpeg_with_scans(20), hostile.LARGE["PNG, palette and transparency"]()] * 2
    milliseconds: list[float] = []

    async def draw() -> None:
        start = time.perf_counter()
        answer = await client.recognize_drawing(drawing, urgent=True)
        milliseconds.append(1000 * (time.perf_counter() - start))
        assert answer[0].label == "7"
        await asyncio.sleep(0.02)

    run_async(while_busy(client, files, draw))
    assert len(milliseconds) > 20
    assert np.median(milliseconds) < 300
