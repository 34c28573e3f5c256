"""Recorded pen strokes: digits as people wrote them on a tablet.

A drawing is a list of strokes; a stroke is a float32 array (n, 2) of x, y positions, with y
downward, in any unit. :func:`unit_drawing` scales a drawing to the unit box that the other modules
use: its longer side is 1 and its centre is (0, 0).
"""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from digit_model.data import WriterPart, data_file

Drawing = list[np.ndarray]

STROKES_FILE = "pendigits_train.jsonl.gz"
# Not trained on; recipes, seeds, temperature and thresholds are chosen on these writers.
DEVELOPMENT_WRITERS = frozenset({"tr26", "tr27", "tr28", "tr29", "tr30"})
# Kept out of everything, choices included.
TEST_WRITERS = frozenset({"tr23", "tr24", "tr25"})


@dataclass(frozen=True)
class PenDigit:
    """One recorded digit; the drawing is in the unit box."""

    label: int
    writer: str
    drawing: Drawing


def pen_digits(part: WriterPart) -> list[PenDigit]:
    """The digits of the writers of this part."""
    return [
        digit
        for digit in load_pen_digits(data_file(STROKES_FILE))
        if _part_of(digit.writer) == part
    ]


def _part_of(writer: str) -> WriterPart:
    if writer in TEST_WRITERS:
        return "test"
    return "development" if writer in DEVELOPMENT_WRITERS else "training"


@cache
def load_pen_digits(path: Path) -> tuple[PenDigit, ...]:
    """Read gzipped JSON lines of ``{"label", "writer", "strokes": [[[x, y], …], …]}``.

    Source: UCI "Pen-Based Recognition of Handwritten Digits" (Alpaydin and Alimoglu, 1998),
    CC BY 4.0: 7,494 digits by 30 writers.
    """
    with gzip.open(path, "rt") as lines:
        rows = [json.loads(line) for line in lines]
    return tuple(
        PenDigit(
            label=row["label"],
            writer=row["writer"],
            drawing=unit_drawing([np.array(stroke, np.float32) for stroke in row["strokes"]]),
        )
        for row in rows
    )


def unit_drawing(drawing: Drawing) -> Drawing:
    """The drawing, moved and scaled to a box with the centre (0, 0) and a longer side of 1."""
    points = np.concatenate(drawing)
    low, high = points.min(axis=0), points.max(axis=0)
    side = float((high - low).max()) or 1.0
    return [((stroke - (low + high) / 2) / side).astype(np.float32) for stroke in drawing]
