"""Corrections acknowledged and lost when their process is killed at random moments.

    python benchmarks/killed_corrections.py              # 100 kills; prints "lost: 0"
    python benchmarks/killed_corrections.py --kills 1000

A process stores one correction after another and writes each receipt to a pipe, until it is killed
with SIGKILL. Then each receipt has to have its line and its whole picture.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import benchmark  # noqa: F401  (the project's modules)
import numpy as np
from PIL import Image

from digit_model.correction_store import METADATA_FILE, CorrectionLimits, CorrectionStore
from digit_model.prediction import Prediction

MAX_SECONDS = 0.05  # that a process lives after its first receipt
PREDICTION = Prediction(
    "digit", "7", {}, [("7", 0.9)], 0.9, 0.8, np.zeros((28, 28), np.uint8), (0.0, 0.0, 1.0, 1.0)
)
MODEL: dict[str, str | None] = {"id": "weights", "revision": None, "sha256": "0" * 64}


def store_until_killed(folder: Path, receipts: int) -> None:
    """Write a line to the descriptor `receipts` for each correction that was acknowledged."""
    store = CorrectionStore(folder, limits=CorrectionLimits(sender=1_000_000))
    for number in itertools.count():
        picture = np.full((64, 64, 3), number % 256, np.uint8)
        picture[0, 0] = number // 256 % 256
        receipt = store.add(picture, str(number % 10), prediction=PREDICTION, model=MODEL)
        os.write(receipts, (json.dumps(receipt) + "\n").encode())


def kill_one(folder: Path, seconds: float) -> list[dict[str, str]]:
    """The receipts of a process that is killed so long after its first one."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        store_until_killed(folder, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        first = pipe.readline()
        time.sleep(seconds)
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
        return [json.loads(line) for line in (first + pipe.read()).splitlines()]


def is_stored(folder: Path, receipt: dict[str, str]) -> bool:
    """Whether its line is there, and its picture whole."""
    path = folder / receipt["stored"]
    try:
        lines = (path.parent / METADATA_FILE).read_text(encoding="utf-8").split("\n")[:-1]
        with Image.open(path) as picture:
            picture.load()
    except OSError:
        return False
    rows = {row["file_name"]: row["label"] for row in map(json.loads, lines)}
    return rows.get(path.name) == receipt["label"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=100, metavar="N", help="[100]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments [0]")
    options = parser.parse_args()
    moments = random.Random(options.seed)
    acknowledged = lost = 0
    with tempfile.TemporaryDirectory() as root:
        for kill in range(options.kills):
            folder = Path(root) / str(kill)
            receipts = kill_one(folder, moments.uniform(0, MAX_SECONDS))
            acknowledged += len(receipts)
            lost += sum(not is_stored(folder, receipt) for receipt in receipts)
    print(f"kills: {options.kills}, acknowledged: {acknowledged}, lost: {lost}")


if __name__ == "__main__":
    main()
