"""Digits that a person has drawn, as strokes."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

STROKES = Path(__file__).parent / "fixtures" / "strokes.json"

Point = tuple[float, float]  # x and y in fractions of the pad's side; y grows downward


@dataclass(frozen=True)
class Drawing:
    label: str
    strokes: list[list[Point]]

    def picture(self, side: int = 280, pen: int = 21) -> Image.Image:
        """The drawing as a picture, dark on white."""
        image = Image.new("L", (side, side), 255)
        for stroke in self.strokes:
            points = [(x * side, y * side) for x, y in stroke]
            ImageDraw.Draw(image).line(points, fill=0, width=pen, joint="curve")
        return image

    def png(self) -> bytes:
        buffer = io.BytesIO()
        self.picture().save(buffer, "PNG")
        return buffer.getvalue()

    def data_url(self) -> str:
        return "data:image/png;base64," + base64.b64encode(self.png()).decode()


def load_drawings() -> list[Drawing]:
    """Two of each digit, by a person whose handwriting the network has never seen."""
    return [
        Drawing(
            drawing["label"],
            [[(x / 1000, y / 1000) for x, y in stroke] for stroke in drawing["strokes"]],
        )
        for drawing in json.loads(STROKES.read_text(encoding="utf-8"))["drawings"]
    ]


def drawing_of(label: str) -> Drawing:
    """The first drawing of this digit."""
    return next(drawing for drawing in load_drawings() if drawing.label == label)
