"""Sixty recorded drawings, drawn with the mouse, are read as well as through the Python API."""

from __future__ import annotations

from collections.abc import Callable

from conftest import Drawing, Visitor

from digit_model import DigitRecognizer
from digit_model.training.strokes import HELD_OUT_WRITERS, load_strokes

EACH = 6  # drawings of each digit
SIZE = 0.62  # longer side of each drawing, as a fraction of the pad's


def recordings() -> list[Drawing]:
    """Six of each digit, at even distances among all that the held-out writers wrote."""
    chosen = []
    for digit in range(10):
        written = [
            strokes
            for strokes in load_strokes()
            if strokes.label == digit and strokes.writer in HELD_OUT_WRITERS
        ]
        written.sort(key=lambda strokes: strokes.writer)
        step = len(written) / EACH
        chosen += [written[int((number + 0.5) * step)] for number in range(EACH)]
    return [
        Drawing(
            str(strokes.label),
            [
                [(0.5 + SIZE * float(x), 0.5 + SIZE * float(y)) for x, y in stroke]
                for stroke in strokes.drawing
            ],
        )
        for strokes in chosen
    ]


def test_sixty_drawings(visit: Callable[..., Visitor]) -> None:
    drawings = recordings()
    assert len(drawings) == 60
    recognizer = DigitRecognizer.from_pretrained()
    visitor = visit()
    in_browser, through_api, differing = 0, 0, []
    for drawing in drawings:
        visitor.draw(drawing)
        visitor.settle(rounds=3)
        said = visitor.label.inner_text()
        prediction = recognizer.predict(drawing.png())
        in_browser += said == drawing.label
        through_api += prediction.label == drawing.label
        if said != (prediction.label or "not a digit"):
            differing.append((drawing.label, said, prediction.label))
        visitor.button("Clear").click()
    assert in_browser >= through_api, differing
    assert in_browser >= 57, differing
