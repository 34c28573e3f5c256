"""Worker processes: their answers are the recogniser's, and none that dies takes others along."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from drawings import load_drawings
from processes import run_async

from digit_model import DigitRecognizer, ImageError, ModelError
from digit_model.model_folder import DEFAULT_WEIGHTS
from digit_model.serving.batching import MAX_BATCH, URGENT, Batcher
from digit_model.serving.client import RecognizerClient, WorkerClient
from digit_model.serving.pool import GivenUpError, Worker
from digit_model.serving.process import JobProcess
from digit_model.serving.timed import TimedPrediction

EXAMPLES = Path(__file__).parents[1] / "examples"
SEVEN = str(EXAMPLES / "crossed-seven.jpg")


def end_process_at_odd(items: Sequence[int]) -> list[int]:
    """A job that one of its items ends the process of."""
    if any(item % 2 for item in items):
        os._exit(1)
    return list(items)


def end_process_while_answering(seconds: float) -> bytes:
    """A job with a long answer, whose process is killed some time after it was begun."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGKILL)).start()
    return bytes(100 * 2**20)


# ---- batching, without processes


class FakeWorker(Worker):
    """Notes what it is given, and is busy until it is released."""

    def __init__(self) -> None:
        self.batches: list[list[Any]] = []
        self.released = asyncio.Event()

    async def run(self, job: Any, *arguments: Any, timeout_seconds: float) -> Any:
        self.batches.append(list(arguments[0]))
        await self.released.wait()
        return job(*arguments)


def upper(items: Sequence[str]) -> list[str | Exception]:
    return [item.upper() if item else ValueError("empty") for item in items]


def test_what_waits_goes_together_urgent_first_and_without_those_who_left() -> None:
    async def scenario() -> tuple[FakeWorker, list[Any], int]:
        worker = FakeWorker()
        batcher: Batcher = Batcher([worker], timeout_seconds=1)
        tasks = [asyncio.ensure_future(batcher.submit(upper, "first"))]
        await asyncio.sleep(0)
        tasks += [asyncio.ensure_future(batcher.submit(upper, item)) for item in ("b", "", "gone")]
        tasks.append(asyncio.ensure_future(batcher.submit(upper, "u", priority=URGENT)))
        await asyncio.sleep(0)
        waiting = batcher.waiting
        tasks[3].cancel()
        worker.released.set()
        return worker, await asyncio.gather(*tasks, return_exceptions=True), waiting

    worker, results, waiting = run_async(scenario())
    assert waiting == 4
    assert worker.batches == [["first"], ["u", "b", ""]]  # a free worker waits for nobody
    assert [results[number] for number in (0, 1, 4)] == ["FIRST", "B", "U"]
    assert isinstance(results[2], ValueError)  # of its own alone
    assert isinstance(results[3], asyncio.CancelledError)


def test_a_batch_has_its_limit() -> None:
    async def scenario() -> list[list[str]]:
        worker = FakeWorker()
        worker.released.set()
        batcher: Batcher = Batcher([worker], timeout_seconds=1)
        await asyncio.gather(*(batcher.submit(upper, "x") for _ in range(3 * MAX_BATCH)))
        return worker.batches

    assert max(map(len, run_async(scenario()))) == MAX_BATCH


def test_a_batch_ends_when_all_its_callers_have_left() -> None:
    async def scenario() -> list[list[str]]:
        worker = FakeWorker()
        batcher = Batcher([worker], timeout_seconds=1)
        first = asyncio.ensure_future(batcher.submit(upper, "first"))
        await asyncio.sleep(0)
        two = [asyncio.ensure_future(batcher.submit(upper, item)) for item in ("b", "c")]
        first.cancel()
        while len(worker.batches) < 2:  # the first one was never released
            await asyncio.sleep(0)
        two[0].cancel()
        await asyncio.sleep(0)
        worker.released.set()
        assert await two[1] == "C"  # one has left, the other waits still
        return worker.batches

    assert run_async(scenario()) == [["first"], ["b", "c"]]


class Overtaxed(FakeWorker):
    """Gives up whatever comes together."""

    async def run(self, job: Any, *arguments: Any, timeout_seconds: float) -> Any:
        self.batches.append(list(arguments[0]))
        if len(arguments[0]) > 1:
            raise GivenUpError("too much")
        if arguments[0] != ["b"]:
            await self.released.wait()
        return job(*arguments)


def test_what_is_tried_again_by_itself_is_not_read_for_those_who_have_left() -> None:
    async def scenario() -> list[list[str]]:
        worker = Overtaxed()
        batcher: Batcher = Batcher([worker], timeout_seconds=1)
        first = asyncio.ensure_future(batcher.submit(upper, "first"))
        await asyncio.sleep(0)
        rest = [asyncio.ensure_future(batcher.submit(upper, item)) for item in "bcde"]
        first.cancel()
        while worker.batches[-1:] != [["c"]]:  # after "b" has its answer
            await asyncio.sleep(0)
        rest[2].cancel()
        await asyncio.sleep(0)
        assert not rest[1].done()
        for left in (rest[1], rest[3]):  # nobody waits any more
            left.cancel()
        last = asyncio.ensure_future(batcher.submit(upper, "b"))
        assert await last == "B"
        return worker.batches

    assert run_async(scenario()) == [["first"], ["b", "c", "d", "e"], ["b"], ["c"], ["b"]]


# ---- with processes


@pytest.mark.slow
def test_answers_are_those_of_the_recogniser(recognizer_client: RecognizerClient) -> None:
    client, recognizer = recognizer_client, DigitRecognizer.from_pretrained()
    drawings = [drawing.png() for drawing in load_drawings()]

    async def ask() -> tuple[list[Any], TimedPrediction, Any, Any]:
        answers = await asyncio.gather(
            *map(client.recognize_drawing, [*drawings, b"no picture"]), return_exceptions=True
        )
        reading = await client.read_file(SEVEN)
        evidence = await client.explain(SEVEN, "1")
        many = [one async for one in client.read_files([SEVEN, b"", SEVEN])]
        timed = [one async for one in client.recognize_files([b"", SEVEN])]
        assert isinstance(timed[0], ImageError)
        assert isinstance(timed[1], tuple)
        assert timed[1][0].top_k == reading.prediction.top_k
        return answers, reading, evidence, many

    answers, reading, evidence, many = run_async(ask())
    for drawing, answer in zip(drawings, answers, strict=False):
        expected = recognizer.predict(drawing, top_k=10)
        assert answer[0].label == expected.label
        assert answer[0].confidence == pytest.approx(expected.confidence, abs=1e-5)
        assert answer[0].crop == expected.crop
        assert answer[1] > 0
    assert isinstance(answers[-1], ImageError)
    assert reading.prediction.top_k == recognizer.predict(SEVEN, top_k=10).top_k
    assert (evidence == recognizer.explain(SEVEN, "1")).all()
    assert [type(one) for one in many] == [TimedPrediction, ImageError, TimedPrediction]
    assert client.model.hashes == recognizer.hashes


@pytest.mark.slow
def test_one_file_does_not_wait_for_batches() -> None:
    batches, files, read = 10, 3, 0
    # With one process for files they are answered in the order in which they were begun.
    client = WorkerClient(workers=1)

    async def read_batch() -> None:
        nonlocal read
        async for reading in client.read_files([SEVEN] * files):
            assert isinstance(reading, TimedPrediction)
            read += 1

    async def scenario() -> int:
        tasks = [asyncio.ensure_future(read_batch()) for _ in range(batches)]
        while not read:
            await asyncio.sleep(0)
        before = read
        await client.read_file(SEVEN)
        meanwhile = read - before
        await asyncio.gather(*tasks)
        return meanwhile

    with contextlib.closing(client):
        client.load()
        assert run_async(scenario()) <= 1  # the one that was being read
    assert read == batches * files


@pytest.mark.slow
def test_a_worker_that_is_killed_loses_no_request(recognizer_client: RecognizerClient) -> None:
    client = recognizer_client
    drawings = [drawing.png() for drawing in load_drawings()] * 10
    killed = [worker.pid() for worker in client.workers]

    def kill() -> None:
        for pid in killed:
            assert pid is not None
            time.sleep(0.05)
            os.kill(pid, signal.SIGKILL)

    async def ask() -> list[Any]:
        thread = threading.Thread(target=kill)
        thread.start()
        tasks = [client.recognize_drawing(drawing) for drawing in drawings]
        return await asyncio.gather(*tasks, client.read_file(SEVEN), client.read_file(SEVEN))

    answers = run_async(ask())
    assert len(answers) == len(drawings) + 2
    assert answers[-1].prediction.label == "7"
    assert all(answer[0].label == answers[n % 20][0].label for n, answer in enumerate(answers[:-2]))
    assert run_async(client.read_file(SEVEN)).prediction.label == "7"

    async def use_each() -> list[int]:
        jobs = (worker.run(os.getpid, timeout_seconds=30) for worker in client.workers)
        return await asyncio.gather(*jobs)

    assert not set(killed) & set(run_async(use_each()))


@pytest.mark.slow
def test_a_job_that_takes_too_long_or_ends_the_process_is_given_up() -> None:
    worker = Worker(None)
    worker.wait_until_loaded()

    async def scenario() -> None:
        start = time.monotonic()
        with pytest.raises(GivenUpError, match=r"more than 0\.3 seconds"):
            await worker.run(time.sleep, 60, timeout_seconds=0.3)
        assert time.monotonic() - start < 5
        with pytest.raises(GivenUpError, match="more than this machine can give"):
            await worker.run(os._exit, 1, timeout_seconds=30)
        assert worker.restarts == 3
        with pytest.raises(ZeroDivisionError):  # of the job's own
            await worker.run(divmod, 1, 0, timeout_seconds=30)
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)
        assert worker.is_alive()

        batcher: Batcher = Batcher([worker], timeout_seconds=30)
        busy = asyncio.ensure_future(batcher.submit(end_process_at_odd, 0))
        await asyncio.sleep(0)
        asked = [batcher.submit(end_process_at_odd, item) for item in (2, 3, 4)]
        answers = await asyncio.gather(busy, *asked, return_exceptions=True)
        assert answers[0:2] == [0, 2]
        assert isinstance(answers[2], GivenUpError)
        assert answers[3] == 4  # it shared the batch with one that ended the process

    try:
        run_async(scenario())
    finally:
        worker.stop()


@pytest.mark.slow
def test_ctrl_c_while_processes_are_prepared_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    interrupt = partial(os.kill, os.getpid(), signal.SIGINT)
    monkeypatch.setattr("multiprocessing.forkserver.ensure_running", interrupt)
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        process = JobProcess()
        assert heard == [signal.SIGINT]
        assert process.submit(len, "abc").result(60) == 3
        process.kill(wait=True)
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.slow
def test_nobody_waits_for_the_rest_of_an_answer_whose_process_was_killed() -> None:
    worker = Worker(None)
    worker.wait_until_loaded()

    async def scenario() -> None:
        for number in range(4):  # the answer takes some 0.1 s to make and to send
            with contextlib.suppress(GivenUpError):
                await worker.run(end_process_while_answering, number * 0.05, timeout_seconds=30)

    start = time.monotonic()
    try:
        run_async(scenario())
    finally:
        worker.stop()
    assert time.monotonic() - start < 30


@pytest.mark.slow
def test_weights_that_cannot_be_loaded_are_one_error(tmp_path: Path) -> None:
    threads = set(threading.enumerate())
    client = WorkerClient(str(tmp_path), workers=2)
    with pytest.raises(ModelError, match=r"config\.json"):
        client.load()
    assert not any(worker.is_alive() for worker in client.workers)
    # A thread that is still busy when Python ends prints a traceback.
    assert set(threading.enumerate()) <= threads


@pytest.mark.slow
def test_a_client_that_is_closed_while_it_loads_waits_for_nothing() -> None:
    client = WorkerClient(workers=1)
    (worker,) = client.workers
    while (pid := worker.pid()) is None:
        time.sleep(0.01)
    client.close()
    assert not Path(f"/proc/{pid}/exe").exists()  # nor has one that has ended but is not reaped


@pytest.mark.slow
def test_a_process_that_is_killed_while_it_loads_is_said() -> None:
    worker = Worker(None)
    while (pid := worker.pid()) is None:
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(ModelError, match="ended while it loaded the weights"):
        worker.wait_until_loaded()
    worker.stop()


@pytest.mark.slow
def test_weights_that_go_and_come_back_while_it_runs(tmp_path: Path) -> None:
    weights = Path(shutil.copytree(DEFAULT_WEIGHTS, tmp_path / "weights"))
    worker = Worker(str(weights))
    worker.wait_until_loaded()

    async def scenario() -> None:
        weights.rename(tmp_path / "aside")
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)  # they are in memory
        pid = worker.pid()
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        with pytest.raises(GivenUpError, match="can't be started again: There is no folder"):
            await worker.run(divmod, 7, 3, timeout_seconds=30)
        (tmp_path / "aside").rename(weights)
        with contextlib.suppress(GivenUpError):  # of a start from before they were back
            await worker.run(divmod, 7, 3, timeout_seconds=30)
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)

        worker._loading = Future()
        worker._loading.set_exception(MemoryError())
        with pytest.raises(GivenUpError, match="can't be started again: it failed with MemoryErr"):
            await worker.run(divmod, 7, 3, timeout_seconds=30)
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)

        worker._loading = Future()
        worker._loading.set_exception(MemoryError())
        assert not worker.is_alive()
        worker.revive()  # as whoever asks whether it is ready does, if no call comes
        assert await worker.run(divmod, 7, 3, timeout_seconds=30) == (2, 1)
        assert worker.is_alive()

    try:
        run_async(scenario())
    finally:
        worker.stop()
