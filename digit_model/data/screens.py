"""Screenshots of paint programs: a drawing under a toolbar, or in a window on a desktop.

No camera took these: their colours are flat and their edges lie on whole pixels.
"""

import cv2
import numpy as np

Box = tuple[int, int, int, int]  # left, top, right and bottom, in pixels

# Grey levels of bars, in light and in dark themes, and of canvases.
LIGHT_BARS, DARK_BARS = (200, 245), (30, 75)
TITLES = ("Untitled", "Paint", "Drawing 1", "File  Edit  View  Help", "Draw a digit")


def draw_screen(kind: str, side: int, rng: np.random.Generator) -> tuple[np.ndarray, Box]:
    """A screen without the drawing, float32 RGB (side, side, 3) in [0, 1], and where its canvas is.

    Args:
        kind: "toolbar", with bars above or beside the canvas, or "window", on a desktop.
        side: pixels.
        rng: random numbers.
    """
    screen = np.empty((side, side, 3), np.uint8)
    dark = rng.random() < 0.3
    canvas = (255, 255, 255) if rng.random() < 0.75 else (int(rng.integers(0, 40)),) * 3
    screen[:] = canvas
    left, top, right, bottom = 0, 0, side, side
    if kind == "window":
        screen[:] = rng.integers(20, 230, 3)
        if rng.random() < 0.5:  # a desktop with a gradient
            ramp = np.linspace(rng.uniform(0.5, 1), rng.uniform(0.5, 1), side)
            screen[:] = (screen * ramp[:, None, None]).astype(np.uint8)
        _icons(screen, (0, 0, side // 10, side), dark, rng)
        left, top = (int(side * rng.uniform(0.06, 0.22)) for _ in range(2))
        right, bottom = (int(side * rng.uniform(0.78, 0.95)) for _ in range(2))
        cv2.rectangle(screen, (left - 1, top - 1), (right, bottom), (90,) * 3, 1)
        screen[top:bottom, left:right] = canvas
    height = int(side * rng.uniform(0.05, 0.14))
    _bar(screen, (left, top, right, top + height), dark, rng)
    top += height
    if rng.random() < 0.4:
        width = int(side * rng.uniform(0.05, 0.12))
        _bar(screen, (left, top, left + width, bottom), dark, rng)
        left += width
    if rng.random() < 0.3:
        height = int(side * rng.uniform(0.03, 0.06))
        _bar(screen, (left, bottom - height, right, bottom), dark, rng)
        bottom -= height
    return screen.astype(np.float32) / 255, (left, top, right, bottom)


def _bar(screen: np.ndarray, box: Box, dark: bool, rng: np.random.Generator) -> None:
    """Paint a bar with icons, colours or a title."""
    left, top, right, bottom = box
    screen[top:bottom, left:right] = int(rng.integers(*(DARK_BARS if dark else LIGHT_BARS)))
    if bottom - top > right - left or rng.random() < 0.6:
        _icons(screen, box, dark, rng)
    else:
        scale = (bottom - top) / 45
        grey = (230,) * 3 if dark else (20,) * 3
        place = (left + 4, min(bottom, top + round(30 * scale) + 2))
        text = TITLES[rng.integers(len(TITLES))]
        cv2.putText(screen, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, grey, 1, cv2.LINE_AA)


def _icons(screen: np.ndarray, box: Box, dark: bool, rng: np.random.Generator) -> None:
    """A row or a column of small shapes and swatches."""
    left, top, right, bottom = box
    size = min(right - left, bottom - top)
    along = max(right - left, bottom - top)
    for start in range(size // 4, along - size, round(size * rng.uniform(1.0, 1.8)) + 1):
        if rng.random() < 0.15:
            continue
        x, y = (left + start, top) if right - left > bottom - top else (left, top + start)
        colour = (230,) * 3 if dark else (40,) * 3
        if rng.random() < 0.5:
            colour = tuple(rng.integers(0, 256, 3).tolist())
        low, high = round(size * 0.25), round(size * 0.75)
        shape = rng.integers(4)
        if shape == 0:
            cv2.rectangle(screen, (x + low, y + low), (x + high, y + high), colour, -1)
        elif shape == 1:
            cv2.circle(screen, (x + size // 2, y + size // 2), size // 4, colour, 1, cv2.LINE_AA)
        elif shape == 2:
            cv2.line(screen, (x + low, y + high), (x + high, y + low), colour, 2, cv2.LINE_AA)
        else:
            cv2.rectangle(screen, (x + low, y + low), (x + high, y + high), colour, 1)
