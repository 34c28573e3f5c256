"""Objects beside a digit in a photograph: boxes, print, pens, fingers, holes, other writing.

Each function of :data:`CLUTTER` takes the side of the scene in pixels, the digit's position and a
generator, and returns a layer.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from digit_model.data.rendering import render
from digit_model.data.synthetic import draw_allograph

Layer = tuple[np.ndarray, np.ndarray]  # mask, uint8 (side, side), 255 = object; colour, (3,)

# RGB in [0, 1].
PRINT_COLOUR = (0.15, 0.15, 0.16)
PEN_COLOURS = ((0.1, 0.12, 0.35), (0.08, 0.08, 0.08), (0.65, 0.1, 0.1), (0.85, 0.75, 0.2))
SKIN_COLOURS = ((0.85, 0.62, 0.5), (0.65, 0.42, 0.3), (0.35, 0.22, 0.16))


@dataclass(frozen=True)
class DigitPosition:
    """Centre and height of the digit, in fractions of the picture's side, and its colour."""

    x: float
    y: float
    height: float
    colour: np.ndarray  # of the pen, float32 (3,), RGB in [0, 1]


def _empty_layer(side: int) -> np.ndarray:
    return np.zeros((side, side), np.uint8)


def _box(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    half_side = digit.height / 2 + rng.uniform(0.03, 0.1)
    start, end = (
        (round((digit.x + sign * half_side) * side), round((digit.y + sign * half_side) * side))
        for sign in (-1, 1)
    )
    width = max(1, round(side * rng.uniform(0.002, 0.009)))
    layer = cv2.rectangle(_empty_layer(side), start, end, 255, width, cv2.LINE_AA)
    return layer, np.array(PRINT_COLOUR)


def _ring(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    radius = 0.7 * digit.height + rng.uniform(0.03, 0.08)
    axes = (round(radius * side), round(radius * side * rng.uniform(0.95, 1.15)))
    centre = (round(digit.x * side), round(digit.y * side))
    width = max(1, round(side * rng.uniform(0.005, 0.02)))
    layer = cv2.ellipse(_empty_layer(side), centre, axes, 0, 0, 360, 255, width, cv2.LINE_AA)
    return layer, digit.colour


def _underline(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    y = digit.y + digit.height / 2 + rng.uniform(0.04, 0.1)
    half_length, tilt = 0.5 * digit.height, rng.normal(0, 0.01)
    start, end = (
        (round((digit.x + sign * half_length) * side), round((y + sign * tilt) * side))
        for sign in (-1, 1)
    )
    width = max(1, round(side * rng.uniform(0.006, 0.02)))
    return cv2.line(_empty_layer(side), start, end, 255, width, cv2.LINE_AA), digit.colour


def _printed_text(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    layer, scale = _empty_layer(side), side / 700
    for line in range(int(rng.integers(1, 3))):
        origin = (round(0.05 * side), round((0.06 + 0.055 * line) * side))
        text = "Name: please write one digit"
        layer = cv2.putText(
            layer, text, origin, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1 + (side > 400), cv2.LINE_AA
        )
    return layer, np.array(PRINT_COLOUR)


def _pen(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    x = rng.choice([rng.uniform(0.05, 0.1), rng.uniform(0.9, 0.95)])
    tip = (round(x * side), round(rng.uniform(0.1, 0.3) * side))
    end = (round((x + rng.uniform(-0.05, 0.05)) * side), round(rng.uniform(0.85, 1.2) * side))
    layer = cv2.line(_empty_layer(side), tip, end, 255, round(0.05 * side), cv2.LINE_AA)
    return layer, np.array(PEN_COLOURS[rng.integers(len(PEN_COLOURS))])


def _finger(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    centre = (round(rng.uniform(0.05, 0.95) * side), side)
    axes = (round(0.08 * side), round(rng.uniform(0.12, 0.2) * side))
    layer = cv2.ellipse(_empty_layer(side), centre, axes, rng.uniform(-20, 20), 0, 360, 255, -1)
    blurred = cv2.GaussianBlur(layer, (0, 0), 0.004 * side)
    return blurred, np.array(SKIN_COLOURS[rng.integers(len(SKIN_COLOURS))])


def _neighbour(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Another digit, cut off by the picture's edge."""
    other = draw_allograph(int(rng.integers(10)), rng)
    centre = (float(rng.choice([0.01, 0.99])), digit.y)
    layer = render(other, canvas=side, height=digit.height, pen_width=0.07, centre=centre)
    return layer, digit.colour


def _holes(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Holes for a ring binder along one edge; they show what is under the sheet."""
    layer, count = _empty_layer(side), int(rng.integers(2, 6))
    first, edge = rng.uniform(0.1, 0.25), rng.choice([0.05, 0.95]) + rng.uniform(-0.02, 0.02)
    radius = max(2, round(rng.uniform(0.012, 0.028) * side))
    vertical = rng.random() < 0.7
    for number in range(count):
        centre = (edge, first + number * (0.9 - first) / count)
        x, y = (round(float(c) * side) for c in (centre if vertical else centre[::-1]))
        cv2.circle(layer, (x, y), radius, 255, -1, cv2.LINE_AA)
    return layer, np.array([1, 0.9, 0.8]) * rng.uniform(0.05, 0.4)


def _form(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """A row of boxes, with the digit in one of them; sometimes only combs between them."""
    layer, cell = _empty_layer(side), digit.height * rng.uniform(1.3, 1.9)
    width = max(1, round(side * rng.uniform(0.002, 0.007)))
    gap = cell * rng.choice([0.0, rng.uniform(0.1, 0.3)])
    top, bottom = (round((digit.y + sign * cell * 0.55) * side) for sign in (-1, 1))
    before, after = int(rng.integers(0, 5)), int(rng.integers(0, 5))
    for number in range(-before, after + 1):
        middle = digit.x + number * (cell + gap)
        left, right = (round((middle + sign * cell / 2) * side) for sign in (-1, 1))
        cv2.rectangle(layer, (left, top), (right, bottom), 255, width, cv2.LINE_AA)
    if rng.random() < 0.5:
        place = (round(0.05 * side), max(0, top - round(0.04 * side)))
        font, scale = cv2.FONT_HERSHEY_SIMPLEX, side / 650
        cv2.putText(layer, "Postal code / date", place, font, scale, 255, 1, cv2.LINE_AA)
    return layer, np.array(PRINT_COLOUR) if rng.random() < 0.7 else np.array((0.75, 0.4, 0.35))


def _page_of_print(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Lines of small print above and below the digit."""
    layer, scale = _empty_layer(side), side * rng.uniform(0.6, 1.6) / 900
    pitch = round(32 * scale * rng.uniform(1.0, 1.6)) + 2
    font = int(rng.choice([cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_COMPLEX]))
    clear = (digit.height / 2 + 0.04) * side
    for y in range(pitch, side, pitch):
        if abs(y - pitch * 0.4 - digit.y * side) > clear + pitch / 2:
            words = [
                "".join(chr(code) for code in rng.integers(97, 123, rng.integers(2, 10)))
                for _ in range(int(rng.integers(2, 12)))
            ]
            x = round(side * rng.uniform(0.03, 0.06))
            cv2.putText(layer, " ".join(words), (x, y), font, scale, 255, 1, cv2.LINE_AA)
    return layer, np.array(PRINT_COLOUR)


def _spiral(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """The wire of a spiral binding along one edge."""
    layer, pitch = _empty_layer(side), side * rng.uniform(0.035, 0.07)
    width = max(1, round(side * 0.006))
    for number in range(int(side / pitch) + 1):
        y = round(number * pitch)
        cv2.circle(layer, (round(0.06 * side), y), max(2, round(pitch * 0.2)), 255, -1, cv2.LINE_AA)
        ends = (0, y - round(pitch * 0.2)), (round(0.06 * side), y)
        cv2.line(layer, *ends, 255, width, cv2.LINE_AA)
    if rng.random() < 0.5:
        layer = np.ascontiguousarray(layer[:, ::-1] if rng.random() < 0.5 else layer.T)
    return layer, np.full(3, rng.uniform(0.05, 0.35))


def _other_writing(side: int, rng: np.random.Generator) -> np.ndarray:
    """Digits all over the sheet, as written on its back or before it was wiped."""
    layer = _empty_layer(side)
    height, pen = rng.uniform(0.15, 0.5), rng.uniform(0.04, 0.1)
    for _ in range(int(rng.integers(1, 6))):
        centre = tuple(rng.uniform(0.1, 0.9, 2).tolist())
        other = draw_allograph(int(rng.integers(10)), rng)
        written = render(other, canvas=side, height=height, pen_width=pen, centre=centre)
        layer = np.maximum(layer, written)
    return layer


def _show_through(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Writing on the back of the sheet."""
    layer = _other_writing(side, rng)[:, ::-1]
    blurred = cv2.GaussianBlur(layer, (0, 0), side * rng.uniform(0.001, 0.008))
    return (blurred * rng.uniform(0.06, 0.3)).astype(np.uint8), digit.colour


def _print_through(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Print on the back of the sheet, or on the next one."""
    layer, _ = _page_of_print(side, DigitPosition(0.5, 0.5, -1.0, digit.colour), rng)
    blurred = cv2.GaussianBlur(layer[:, ::-1], (0, 0), side * rng.uniform(0.001, 0.004))
    return (blurred * rng.uniform(0.1, 0.4)).astype(np.uint8), np.array(PRINT_COLOUR)


def _wiped(side: int, digit: DigitPosition, rng: np.random.Generator) -> Layer:
    """Writing that was wiped off: faint, and smeared in the direction of the hand."""
    layer = _other_writing(side, rng).astype(np.float32)
    length = max(3, round(side * rng.uniform(0.02, 0.12)))
    smear = np.ones((1, length) if rng.random() < 0.6 else (length, 1), np.float32) / length
    share = rng.uniform(0.3, 0.9)
    layer = (1 - share) * layer + share * cv2.filter2D(layer, -1, smear) * rng.uniform(1, 2)
    return np.clip(layer * rng.uniform(0.06, 0.25), 0, 255).astype(np.uint8), digit.colour


CLUTTER: dict[str, Callable[[int, DigitPosition, np.random.Generator], Layer]] = {
    "box": _box,
    "ring": _ring,
    "underline": _underline,
    "print": _printed_text,
    "pen": _pen,
    "finger": _finger,
    "neighbour": _neighbour,
    "holes": _holes,
    "form": _form,
    "page of print": _page_of_print,
    "spiral": _spiral,
    "show-through": _show_through,
    "print through": _print_through,
    "wiped": _wiped,
}


def add_clutter(
    scene: np.ndarray, name: str, digit: DigitPosition, rng: np.random.Generator
) -> np.ndarray:
    """Add one object of :data:`CLUTTER` to a scene, float32 RGB (side, side, 3)."""
    layer, colour = CLUTTER[name](scene.shape[0], digit, rng)
    opacity = (layer / 255.0 * 0.95)[..., None]
    return np.asarray(scene + opacity * (colour - scene), np.float32)
