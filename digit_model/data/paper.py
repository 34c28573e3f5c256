"""What digits are written on in synthetic photographs: paper and boards, printed, folded, used.

All are float32 RGB (side, side, 3), 1 = white paper. What varies is numbers of Python, since those
of NumPy would make float64 of the arrays, which takes twice as long.
"""

import math

import cv2
import numpy as np

# RGB in [0, 1].
PAPER_COLOURS = (
    (1.0, 0.99, 0.96),
    (0.97, 0.97, 1.0),
    (0.93, 0.87, 0.74),
    (1.0, 0.93, 0.55),
    (0.8, 0.8, 0.8),
)
LINE_COLOURS = ((0.45, 0.6, 0.85), (0.5, 0.5, 0.5), (0.85, 0.55, 0.5))
STAIN_COLOURS = ((0.75, 0.6, 0.4), (0.85, 0.8, 0.65), (0.7, 0.75, 0.85))
NOTE_COLOURS = ((0.98, 0.92, 0.4), (0.98, 0.6, 0.7), (0.6, 0.9, 0.55), (0.45, 0.8, 0.95))
BOARD_COLOUR = (0.12, 0.16, 0.14)
WHITEBOARD_COLOUR = (0.96, 0.97, 0.98)


def noise(side: int, grain: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in [0, 1], interpolated from a grid of ``grain`` pixels: float32 (side, side)."""
    coarse = max(2, round(side / grain))
    return np.clip(cv2.resize(rng.random((coarse, coarse), np.float32), (side, side)), 0, 1)


def draw_paper(side: int, material: str, coarse: bool, rng: np.random.Generator) -> np.ndarray:
    """Blank "paper", a "sticky note", a "board" or a "whiteboard", with its texture.

    ``coarse``: with much of it.
    """
    if material == "board":
        tone = np.array(BOARD_COLOUR, np.float32) * rng.uniform(0.6, 1.8)
    elif material == "whiteboard":
        tone = np.array(WHITEBOARD_COLOUR, np.float32)
    elif material == "sticky note":
        tone = np.array(NOTE_COLOURS[rng.integers(len(NOTE_COLOURS))], np.float32)
    else:
        tone = np.array(PAPER_COLOURS[rng.integers(len(PAPER_COLOURS))], np.float32)
    depth = rng.uniform(0.08, 0.18) if coarse else rng.uniform(0.0, 0.05)
    texture = 1 - depth * noise(side, rng.uniform(1.0, 4.0), rng)
    return np.asarray(texture[..., None] * tone, np.float32)


def print_lines(paper: np.ndarray, pattern: str, rng: np.random.Generator) -> np.ndarray:
    """Print on paper what is "ruled", "squared" or "dotted"."""
    side = paper.shape[0]
    pitch = side * rng.uniform(0.06, 0.2)
    width = max(1.0, side * rng.uniform(0.002, 0.006))
    colour = np.array(LINE_COLOURS[rng.integers(len(LINE_COLOURS))])
    rows = _parallel_lines(side, pitch, width, rng)[:, None]
    columns = _parallel_lines(side, pitch, width, rng)[None, :]
    if pattern == "dotted":
        lines = cv2.dilate(np.minimum(rows, columns), np.ones((2, 2)))
    elif pattern == "squared":
        lines = np.maximum(rows, columns)
    else:
        lines = rows + 0 * columns
        if rng.random() < 0.4:  # a margin line
            lines = np.maximum(lines, _parallel_lines(side, side * 1.5, width, rng)[None, :])
    opacity = (lines * rng.uniform(0.25, 0.8))[..., None]
    return np.asarray(paper + opacity * (colour * paper - paper), np.float32)


def _parallel_lines(side: int, pitch: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Profile of lines along one axis, float (side,) in [0, 1]; pitch and width in pixels."""
    position = np.arange(side) + rng.uniform(0, pitch)
    distance = np.abs((position + pitch / 2) % pitch - pitch / 2)
    return np.clip(width / 2 + 0.5 - distance, 0, 1)


def crease(scene: np.ndarray, how: str, rng: np.random.Generator) -> np.ndarray:
    """The scene on paper that was "folded", "crumpled" or lies "curled"; its ink as well."""
    side = scene.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32) / side - 0.5
    shade = np.ones((side, side), np.float32)
    if how == "curled":
        angle, width = rng.uniform(0, 2 * np.pi), rng.uniform(0.1, 0.3)
        along = x * math.cos(angle) + y * math.sin(angle)
        bend = (along - rng.uniform(-0.5, 0.5)) / width
        shade -= rng.uniform(0.15, 0.45) * np.exp(-(bend**2))
        shade *= 1 - rng.uniform(0, 0.3) * np.clip((along - 0.2) / 0.3, 0, 1)
        return np.asarray(scene * shade[..., None], np.float32)
    for _ in range(int(rng.integers(1, 4) if how == "folded" else rng.integers(15, 50))):
        angle, depth = rng.uniform(0, 2 * np.pi), rng.uniform(0.03, 0.16)
        reach = 0.35 if how == "folded" else 0.6
        cos, sin = math.cos(angle), math.sin(angle)
        across = x * cos + y * sin - rng.uniform(-reach, reach)
        # A facet's edge is sharp; the light on it falls off towards its other end.
        falloff = rng.uniform(0.05, 0.6) if how == "folded" else rng.uniform(0.03, 0.25)
        facet = np.where(across > 0, np.exp(-np.maximum(across, 0) / falloff), 0) * depth
        if how == "crumpled":  # creases end somewhere
            end = -x * sin + y * cos - rng.uniform(-0.5, 0.5)
            facet = facet * np.exp(-((end / rng.uniform(0.1, 0.5)) ** 2))
        shade += float(rng.choice([-1.0, 1.0])) * facet
        if rng.random() < 0.5:
            ridge = float(rng.choice([-1.0, 0.5])) * depth * np.exp(-((across * side / 1.5) ** 2))
            shade += ridge if how == "folded" else ridge * facet / depth
    return np.asarray(scene * np.clip(shade, 0.3, 1.2)[..., None], np.float32)


def stain(scene: np.ndarray, how: str, rng: np.random.Generator) -> np.ndarray:
    """The scene with a soft "stain" on it, or the "coffee ring" of a cup."""
    side = scene.shape[0]
    y, x = np.mgrid[:side, :side].astype(np.float32) / side
    colour = np.array(STAIN_COLOURS[rng.integers(len(STAIN_COLOURS))], np.float32)
    for _ in range(int(rng.integers(1, 4))):
        centre, radius = rng.uniform(0, 1, 2).tolist(), rng.uniform(0.08, 0.3)
        edge = 0.25 * radius * (noise(side, side / 4, rng) - 0.5)
        distance = np.hypot(x - centre[0], (y - centre[1]) * rng.uniform(0.8, 1.2)) + edge
        softness = math.exp(rng.uniform(math.log(0.006), math.log(0.06)))
        if how == "coffee ring":
            opacity = np.exp(-(((distance - radius) / rng.uniform(0.006, 0.015)) ** 2))
            opacity *= 0.4 + 0.6 * noise(side, side / 5, rng)
        else:
            opacity = 1 / (1 + np.exp(np.clip((distance - radius) / softness, -30, 30)))
        scene = scene * (1 - (opacity * rng.uniform(0.2, 0.7))[..., None] * (1 - colour))
    return np.asarray(scene, np.float32)
