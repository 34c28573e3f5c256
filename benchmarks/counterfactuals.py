"""How often a small change makes another digit of one, how much ink it takes, and how long.

    python benchmarks/counterfactuals.py --step 6 --json benchmarks/results/counterfactuals.json

On development digits, drawn under the evaluation's conditions and photographed, on one thread:
toward the second most probable digit, and toward digits that are written alike. Times are of the
processor: the machine may be busy otherwise.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from benchmark import benchmark_parser, write_figures
from tqdm import tqdm

from digit_model import DigitRecognizer
from digit_model.data.conditions import CONDITIONS, STYLES, draw
from digit_model.data.photographs import KINDS, photograph
from digit_model.data.strokes import pen_digits

ALIKE = ("49", "94", "17", "71", "38", "83", "06", "60", "56", "65", "27", "72")
PHOTOGRAPHED = 4  # every so many of the digits
Row = tuple[float, float, float]  # share of the ink, milliseconds, how many strokes; 0 if none


def pictures(step: int) -> dict[str, list[tuple[np.ndarray, str]]]:
    """By kind: pictures and their labels."""
    digits = pen_digits("development")[::step]
    drawings, photographs = [], []
    for number, digit in enumerate(digits):
        rng = np.random.default_rng((0, number))
        condition = CONDITIONS[number % len(CONDITIONS)]
        style = STYLES[number // len(CONDITIONS) % len(STYLES)]
        drawings.append((draw(digit.drawing, condition, style, rng), str(digit.label)))
        kind = list(KINDS.values())[number % len(KINDS)]
        photographs.append((photograph(digit.drawing, kind, rng)[0], str(digit.label)))
    return {"drawings": drawings, "photographs": photographs[::PHOTOGRAPHED]}


def measure(recognizer: DigitRecognizer, picture: np.ndarray, toward: str) -> Row:
    started = time.process_time()
    found = recognizer.counterfactual(picture, toward)
    milliseconds = 1000 * (time.process_time() - started)
    if found is None:
        return 0.0, milliseconds, 0
    return found.share, milliseconds, len(found.added) + len(found.erased)


def summary(rows: list[Row]) -> dict[str, float]:
    share, milliseconds, strokes = np.array(rows).T
    return {
        "asked": len(rows),
        "found": round(float((share > 0).mean()), 3),
        "median_share": round(float(np.median(share[share > 0] if share.any() else share)), 3),
        "one_stroke": round(float((strokes == 1).mean()), 3),
        "median_ms": round(float(np.median(milliseconds))),
        "p95_ms": round(float(np.percentile(milliseconds, 95))),
    }


def main() -> None:
    parser = benchmark_parser(__doc__)
    parser.add_argument("--step", type=int, default=10, help="take every so many of the digits")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recognizer = DigitRecognizer.from_pretrained()
    rows: dict[str, list[Row]] = {}
    for kind, labelled in pictures(arguments.step).items():
        for picture, label in tqdm(labelled, desc=kind, leave=False):
            prediction = recognizer.predict(picture)
            if prediction.verdict != "digit" or prediction.label != label:
                continue
            runner_up = prediction.top_k[1][0]
            rows.setdefault(f"{kind}, runner-up", []).append(
                measure(recognizer, picture, runner_up)
            )
            for toward in (pair[1] for pair in ALIKE if pair[0] == label):
                row = measure(recognizer, picture, toward)
                rows.setdefault(f"{kind}, alike", []).append(row)
                rows.setdefault(f"{kind}, {label} → {toward}", []).append(row)
    figures = {name: summary(some) for name, some in rows.items()}
    for name, figure in figures.items():
        print(f"{name:24}", *(f"{key} {value:g}" for key, value in figure.items()))
    write_figures(figures, arguments.json)


if __name__ == "__main__":
    main()
