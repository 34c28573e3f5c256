"""People who draw at the same time: how soon after the pen rises each has the last answer.

    python benchmarks/visitors.py --visitors 30 --minutes 1 --json visitors.json

Each visitor draws recorded digits, a point of the pen every 20 ms, asks as the pad does (one
question at a time, 30 ms between an answer and the next question, the finished drawing at once),
looks at the answer for a second, and draws the next. The visitors share the machine with the
server. Memory is that of all its processes, what they share counted once.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from benchmark import benchmark_parser, write_figures
from memory import megabytes
from running_app import serving

from digit_model.data.rendering import render
from digit_model.data.strokes import pen_digits
from page.data_url import encode_data_url

POINT_SECONDS = 0.02
PAUSE_SECONDS = 0.03  # as in page/sketchpad/recognition.js
LOOK_SECONDS = 1.0
FRAME_POINTS = 4  # pictures are prepared for so many points each, since drawing them takes time
DIGITS = 20


@dataclass(frozen=True)
class Film:
    """A digit that comes into being: pictures as data URLs, and the time between them, seconds."""

    frames: Sequence[str]
    frame_seconds: float = FRAME_POINTS * POINT_SECONDS

    @property
    def seconds(self) -> float:
        return len(self.frames) * self.frame_seconds


@dataclass
class Record:
    """What has happened so far."""

    pen_up_ms: list[float] = field(default_factory=list)
    answers: int = 0
    errors: list[str] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)  # one a minute
    allocated: list[float] = field(default_factory=list)  # of these, without libraries

    def note_memory(self, pid: int) -> None:
        """Of the server with that process id."""
        self.megabytes.append(megabytes(pid))
        self.allocated.append(megabytes(pid, "Pss_Anon"))


def films() -> list[Film]:
    digits = pen_digits("development")
    made = []
    for digit in digits[:: len(digits) // DIGITS][:DIGITS]:
        points = [
            (number, point) for number, stroke in enumerate(digit.drawing) for point in stroke
        ]
        frames = []
        for end in range(FRAME_POINTS, len(points) + FRAME_POINTS, FRAME_POINTS):
            drawn = points[:end]
            strokes = [
                np.array([point for number, point in drawn if number == which], np.float32)
                for which in range(drawn[-1][0] + 1)
            ]
            grey = 255 - render(strokes, canvas=280, height=0.6, pen_width=0.09)
            frames.append(encode_data_url(np.repeat(grey[..., None], 3, axis=2)))
        made.append(Film(frames))
    return made


async def visit(
    http: httpx.AsyncClient, pad: int, number: int, made: list[Film], end: float, record: Record
) -> None:
    """One visitor, until the end."""

    async def ask(function: str, picture: str) -> None:
        question = {"session_hash": f"visitor-{number}", "component_id": pad}
        question |= {"fn_name": function, "data": picture}
        try:
            response = await http.post("/gradio_api/component_server/", json=question)
            answer: dict[str, Any] = response.raise_for_status().json()
            if "error" in answer:
                record.errors.append(answer["error"])
            record.answers += 1
        except httpx.HTTPError as error:
            record.errors.append(repr(error))

    await asyncio.sleep(number * LOOK_SECONDS / 10)  # they don't all begin at once
    turn = number
    while time.monotonic() < end:
        film = made[turn % len(made)]
        turn += 1
        start = time.monotonic()
        pen_up = start + film.seconds
        while (now := time.monotonic()) < pen_up:
            frame = film.frames[int((now - start) / film.frame_seconds)]
            await ask("recognize", frame)
            left = pen_up - time.monotonic()
            if left > 0:
                await asyncio.sleep(min(PAUSE_SECONDS, left))
        await ask("recognize_finished", film.frames[-1])
        record.pen_up_ms.append(1000 * (time.monotonic() - pen_up))
        await asyncio.sleep(LOOK_SECONDS)


async def watch(pid: int, end: float, record: Record) -> None:
    """Note the server's memory, once a minute."""
    while time.monotonic() < end:
        record.note_memory(pid)
        print(
            f"{len(record.pen_up_ms)} drawings, {record.answers} answers, "
            f"{len(record.errors)} errors, {record.megabytes[-1]:.0f} MB",
            flush=True,
        )
        await asyncio.sleep(min(60.0, max(0.1, end - time.monotonic())))
    record.note_memory(pid)


async def draw(url: str, pid: int, visitors: int, minutes: float) -> Record:
    """Visitors of the server with that process id, for some minutes."""
    record, made = Record(), films()
    limits = httpx.Limits(max_connections=visitors + 2)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=30, limits=limits) as http:
        components = (await http.get("/config")).json()["components"]
        pad = next(part["id"] for part in components if part["props"].get("elem_id") == "pad")
        end = time.monotonic() + 60 * minutes
        people = [visit(http, pad, number, made, end, record) for number in range(visitors)]
        await asyncio.gather(watch(pid, end, record), *people)
    return record


def percentiles(record: Record) -> dict[str, float]:
    """Of the times from pen-up to the last answer."""
    return {
        f"pen_up_p{share}_ms": round(float(np.percentile(record.pen_up_ms, share)), 1)
        for share in (50, 95, 99)
    }


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--visitors", type=int, default=30, help="who draw at once (30)")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (1)")
    parser.add_argument("--workers", default=str(os.cpu_count()), help="of the app (one a core)")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder), "--workers", str(options.workers)) as server,
    ):
        record = asyncio.run(
            draw(server.url, server.process.pid, options.visitors, options.minutes)
        )
    figures = {
        "visitors": options.visitors,
        "minutes": options.minutes,
        "drawings": len(record.pen_up_ms),
        "answers_per_second": round(record.answers / (60 * options.minutes), 1),
        **percentiles(record),
        "errors": len(record.errors),
        "megabytes": [round(value) for value in record.megabytes],
    }
    print("\n".join(f"{name}: {value}" for name, value in figures.items()))
    if record.errors:
        print("the first error:", record.errors[0])
    write_figures(figures, options.json)


if __name__ == "__main__":
    main()
