"""What lies or stands beside a digit in a photograph: boxes, print, pens, holes, neighbours."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from digit_model.data.rendering import render
from digit_model.data.synthetic import draw_allograph

PRINT = (0.15, 0.15, 0.16)
OBJECTS = ((0.1, 0.12, 0.35), (0.08, 0.08, 0.08), (0.65, 0.1, 0.1), (0.85, 0.75, 0.2))
SKINS = ((0.85, 0.62, 0.5), (0.65, 0.42, 0.3), (0.35, 0.22, 0.16))


@dataclass(frozen=True)
class Place:
    """Where on the sheet the digit stands, in fractions of the picture's side."""

    x: float
    y: float
    height: float
    colour: np.ndarray  # of its pen, float32 (3,), linear


def _layer(side: int) -> np.ndarray:
    return np.zeros((side, side), np.uint8)


def _box(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    reach = place.height / 2 + rng.uniform(0.03, 0.1)
    start, end = (
        (round((place.x + sign * reach) * side), round((place.y + sign * reach) * side))
        for sign in (-1, 1)
    )
    width = max(1, round(side * rng.uniform(0.002, 0.009)))
    layer = cv2.rectangle(_layer(side), start, end, 255, width, cv2.LINE_AA)
    return layer, np.array(PRINT)


def _ring(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    reach = 0.7 * place.height + rng.uniform(0.03, 0.08)
    axes = (round(reach * side), round(reach * side * rng.uniform(0.95, 1.15)))
    centre = (round(place.x * side), round(place.y * side))
    width = max(1, round(side * rng.uniform(0.005, 0.02)))
    layer = cv2.ellipse(_layer(side), centre, axes, 0, 0, 360, 255, width, cv2.LINE_AA)
    return layer, place.colour


def _underline(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = place.y + place.height / 2 + rng.uniform(0.04, 0.1)
    reach, tilt = 0.5 * place.height, rng.normal(0, 0.01)
    start, end = (
        (round((place.x + sign * reach) * side), round((y + sign * tilt) * side))
        for sign in (-1, 1)
    )
    width = max(1, round(side * rng.uniform(0.006, 0.02)))
    return cv2.line(_layer(side), start, end, 255, width, cv2.LINE_AA), place.colour


def _print(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    layer, scale = _layer(side), side / 700
    for line in range(int(rng.integers(1, 3))):
        at = (round(0.05 * side), round((0.06 + 0.055 * line) * side))
        text = "Name: please write one digit"
        layer = cv2.putText(
            layer, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, 255, 1 + (side > 400), cv2.LINE_AA
        )
    return layer, np.array(PRINT)


def _pen(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = rng.choice([rng.uniform(0.05, 0.1), rng.uniform(0.9, 0.95)])
    tip = (round(x * side), round(rng.uniform(0.1, 0.3) * side))
    end = (round((x + rng.uniform(-0.05, 0.05)) * side), round(rng.uniform(0.85, 1.2) * side))
    layer = cv2.line(_layer(side), tip, end, 255, round(0.05 * side), cv2.LINE_AA)
    return layer, np.array(OBJECTS[rng.integers(len(OBJECTS))])


def _finger(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    centre = (round(rng.uniform(0.05, 0.95) * side), side)
    axes = (round(0.08 * side), round(rng.uniform(0.12, 0.2) * side))
    layer = cv2.ellipse(_layer(side), centre, axes, rng.uniform(-20, 20), 0, 360, 255, -1)
    soft = cv2.GaussianBlur(layer, (0, 0), 0.004 * side)
    return soft, np.array(SKINS[rng.integers(len(SKINS))])


def _neighbour(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Another digit, half of it beyond the picture's edge."""
    other = draw_allograph(int(rng.integers(10)), rng)
    centre = (float(rng.choice([0.01, 0.99])), place.y)
    layer = render(other, canvas=side, height=place.height, pen_width=0.07, centre=centre)
    return layer, place.colour


def _holes(side: int, place: Place, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Of a ring binder, along one edge: what lies under the sheet shows through them."""
    layer, count = _layer(side), int(rng.integers(2, 6))
    along, across = rng.uniform(0.1, 0.25), rng.choice([0.05, 0.95]) + rng.uniform(-0.02, 0.02)
    radius = max(2, round(rng.uniform(0.012, 0.028) * side))
    upright = rng.random() < 0.7
    for number in range(count):
        centre = (across, along + number * (0.9 - along) / count)
        x, y = (round(float(c) * side) for c in (centre if upright else centre[::-1]))
        cv2.circle(layer, (x, y), radius, 255, -1, cv2.LINE_AA)
    return layer, np.array([1, 0.9, 0.8]) * rng.uniform(0.05, 0.4)


CLUTTER: dict[str, Callable[[int, Place, np.random.Generator], tuple[np.ndarray, np.ndarray]]] = {
    "box": _box,
    "ring": _ring,
    "underline": _underline,
    "print": _print,
    "pen": _pen,
    "finger": _finger,
    "neighbour": _neighbour,
    "holes": _holes,
}


def add_clutter(scene: np.ndarray, name: str, place: Place, rng: np.random.Generator) -> np.ndarray:
    """The scene, linear float32 (side, side, 3), with one of :data:`CLUTTER` in it."""
    layer, colour = CLUTTER[name](scene.shape[0], place, rng)
    amount = (layer / 255.0 * 0.95)[..., None]
    return np.asarray(scene + amount * (colour - scene), np.float32)
