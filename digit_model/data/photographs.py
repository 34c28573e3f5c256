"""Synthetic photographs of a digit on paper, for training and for measuring the ink stage.

A scene is composed in this order: paper with its printed lines, ink, clutter, the sheet on a table,
the camera's perspective, light and shadow, then blur, noise and JPEG compression. Until then it is
float RGB, 1 = white paper. :data:`KINDS` are the scenes that the evaluation reports one by one;
training mixes most of them, see :func:`random_kind`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from digit_model.data.clutter import DigitPosition, add_clutter
from digit_model.data.pens import BALLPOINT, MARKER, PENCIL
from digit_model.data.rendering import render
from digit_model.data.strokes import Drawing

# RGB in [0, 1].
PAPER_COLOURS = (
    (1.0, 0.99, 0.96),
    (0.97, 0.97, 1.0),
    (0.93, 0.87, 0.74),
    (1.0, 0.93, 0.55),
    (0.8, 0.8, 0.8),
)
INK_COLOURS = (
    (0.08, 0.08, 0.1),
    (0.12, 0.18, 0.5),
    (0.6, 0.1, 0.12),
    (0.1, 0.35, 0.2),
    (0.3, 0.3, 0.32),
)
CHALK_COLOURS = ((0.9, 0.9, 0.88), (0.95, 0.9, 0.6), (0.85, 0.7, 0.75))
LINE_COLOURS = ((0.45, 0.6, 0.85), (0.5, 0.5, 0.5), (0.85, 0.55, 0.5))
BOARD_COLOUR = (0.12, 0.16, 0.14)
MIN_SIDE, MAX_SIDE = 180, 640  # pixels, of the square photograph


@dataclass(frozen=True)
class Kind:
    """What makes a scene difficult; everything else varies a little in all of them."""

    lines: str = ""  # printed on the paper: "ruled" or "squared"
    pencil: bool = False  # faint and thin
    marker: bool = False  # thick
    board: bool = False  # chalk on a blackboard
    shadow: bool = False  # with a visible edge
    # Where a table is visible: "around" the sheet, around a small "note", around a sheet as
    # "striped" wood, or at one "edge" of the picture.
    table: str = ""
    clutter: str = ""  # a key of digit_model.data.clutter.CLUTTER
    small: bool = False  # the digit is about a tenth of the picture high
    glare: bool = False  # reflection of a lamp
    low_quality: bool = False  # coarse paper, noise and strong JPEG compression


KINDS = {
    "plain paper": Kind(),
    "faint pencil": Kind(pencil=True),
    "thick marker": Kind(marker=True),
    "ruled paper": Kind(lines="ruled"),
    "squared paper": Kind(lines="squared"),
    "board and chalk": Kind(board=True),
    "shadow with an edge": Kind(shadow=True),
    "sheet on a table": Kind(table="around"),
    "table at the edge": Kind(table="edge"),
    "coarse and noisy": Kind(low_quality=True),
    "ruled paper in shadow": Kind(lines="ruled", shadow=True),
    "small on ruled paper": Kind(lines="ruled", small=True),
    "note on a table": Kind(table="note"),
    "sheet on striped wood": Kind(table="striped"),
    "in a box": Kind(clutter="box"),
    "in a ring": Kind(clutter="ring"),
    "underlined": Kind(clutter="underline"),
    "line of print": Kind(clutter="print"),
    "pen beside it": Kind(clutter="pen"),
    "finger at the edge": Kind(clutter="finger"),
    "another digit cut off": Kind(clutter="neighbour"),
    "punch holes": Kind(clutter="holes"),
    "glare": Kind(glare=True),
}


def photograph(
    drawing: Drawing, kind: Kind, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """A synthetic photograph of a drawing in the unit box.

    Returns:
        The photograph, uint8 RGB (side, side, 3), and only its ink, float32 (side, side) in [0, 1].
    """
    side = round(float(np.exp(rng.uniform(np.log(MIN_SIDE), np.log(MAX_SIDE)))))
    if kind.small:
        side = MAX_SIDE
    scene, ink = _write_on_paper(drawing, kind, side, rng)
    if kind.table:
        scene = _place_on_table(scene, kind.table, rng)
    homography = _random_homography(side, rng)
    size = (side, side)
    scene = cv2.warpPerspective(scene, homography, size, borderMode=cv2.BORDER_REPLICATE)
    ink = cv2.warpPerspective(ink, homography, size)
    scene = scene * _illumination(side, kind.shadow, rng)[..., None]
    if kind.glare:
        scene = scene + _glare(side, rng)[..., None]
    return _expose(scene, kind.low_quality, rng), np.asarray(ink, np.float32)


def _write_on_paper(
    drawing: Drawing, kind: Kind, side: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Paper with ink and clutter, (side, side, 3), and the ink, float32 (side, side) in [0, 1]."""
    min_height, max_height, shift_share = _height_and_shift(kind)
    height = rng.uniform(min_height, max_height)
    pen = rng.uniform(*(PENCIL if kind.pencil else BALLPOINT))
    if kind.marker:
        pen = rng.uniform(*MARKER)
    max_shift = max(0.0, 0.44 - height / 2) * shift_share
    x, y = (0.5 + rng.uniform(-max_shift, max_shift, 2)).tolist()
    picture = render(
        drawing,
        canvas=side,
        height=height,
        pen_width=pen,
        centre=(x, y),
        pressure=rng.uniform(0.7, 1.2, size=5),
    )
    ink = picture.astype(np.float32) / 255
    paper = _paper(side, kind, rng)
    colours = CHALK_COLOURS if kind.board else INK_COLOURS
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    opacity = rng.uniform(0.25, 0.45) if kind.pencil else rng.uniform(0.75, 1.0)
    grain = 1 - rng.uniform(0, 0.35 if kind.pencil or kind.board else 0.1) * _noise(side, 1.0, rng)
    scene: np.ndarray = paper + (ink * opacity * grain)[..., None] * (colour - paper)
    if kind.clutter:
        scene = add_clutter(scene, kind.clutter, DigitPosition(x, y, height, colour), rng)
    return scene, ink


def _height_and_shift(kind: Kind) -> tuple[float, float, float]:
    """Smallest and largest height of the digit, and how far it may be from the centre.

    Heights are fractions of the picture's side; the last is a share, in [0, 1], of the largest
    possible shift.
    """
    if kind.small:
        return 0.08, 0.14, 0.3
    if kind.table == "note":
        return 0.18, 0.32, 0.1
    if kind.clutter:
        return 0.25, 0.45, 0.3
    if kind.table in ("around", "striped"):
        return 0.25, 0.5, 0.5
    return 0.25, 0.75, 0.5 if kind.table else 1.0


def random_kind(rng: np.random.Generator) -> Kind:
    """A random scene for training, never with small digits, notes, stripes, glare or clutter.

    These are only in the evaluation, which shows how well unseen kinds of scenes are recognised.
    """
    board = rng.random() < 0.12
    return Kind(
        lines=str(rng.choice(["", "ruled", "squared"], p=[0.5, 0.27, 0.23])),
        pencil=not board and rng.random() < 0.2,
        marker=rng.random() < 0.12,
        board=board,
        shadow=rng.random() < 0.35,
        table=str(rng.choice(["", "around", "edge"], p=[0.72, 0.18, 0.1])),
        low_quality=rng.random() < 0.25,
    )


def _noise(side: int, grain: float, rng: np.random.Generator) -> np.ndarray:
    """Noise in [0, 1], interpolated from a grid of ``grain`` pixels: float32 (side, side)."""
    coarse = max(2, round(side / grain))
    noise = cv2.resize(rng.random((coarse, coarse), np.float32), (side, side))
    return np.clip(noise, 0, 1)


def _paper(side: int, kind: Kind, rng: np.random.Generator) -> np.ndarray:
    """Paper or blackboard with texture and printed lines: float32 (side, side, 3)."""
    if kind.board:
        tone = np.array(BOARD_COLOUR, np.float32) * rng.uniform(0.6, 1.8)
    else:
        tone = np.array(PAPER_COLOURS[rng.integers(len(PAPER_COLOURS))], np.float32)
    depth = rng.uniform(0.08, 0.18) if kind.low_quality else rng.uniform(0.0, 0.05)
    texture = 1 - depth * _noise(side, rng.uniform(1.0, 4.0), rng)
    paper = texture[..., None] * tone
    return _print_lines(paper, tone, kind.lines, rng) if kind.lines else paper


def _print_lines(
    paper: np.ndarray, tone: np.ndarray, pattern: str, rng: np.random.Generator
) -> np.ndarray:
    """Print lines on paper of the colour ``tone``; ``pattern`` is :attr:`Kind.lines`."""
    side = paper.shape[0]
    pitch = side * rng.uniform(0.06, 0.2)
    width = max(1.0, side * rng.uniform(0.002, 0.006))
    colour = np.array(LINE_COLOURS[rng.integers(len(LINE_COLOURS))])
    rows = _parallel_lines(side, pitch, width, rng)[:, None]
    columns = _parallel_lines(side, pitch, width, rng)[None, :]
    lines = np.maximum(rows, columns) if pattern == "squared" else rows + 0 * columns
    if pattern == "ruled" and rng.random() < 0.4:  # a margin line
        lines = np.maximum(lines, _parallel_lines(side, side * 1.5, width, rng)[None, :])
    opacity = (lines * rng.uniform(0.25, 0.8))[..., None]
    return (paper + opacity * (colour * tone - paper)).astype(np.float32)


def _parallel_lines(side: int, pitch: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Profile of lines along one axis, float (side,) in [0, 1]; pitch and width in pixels."""
    position = np.arange(side) + rng.uniform(0, pitch)
    distance = np.abs((position + pitch / 2) % pitch - pitch / 2)
    return np.clip(width / 2 + 0.5 - distance, 0, 1)


def _place_on_table(scene: np.ndarray, where: str, rng: np.random.Generator) -> np.ndarray:
    """The scene as a sheet on a table, with a shadow; ``where`` is :attr:`Kind.table`."""
    side = scene.shape[0]
    tone = rng.uniform(0.05, 0.6) * np.array([1, rng.uniform(0.6, 1), rng.uniform(0.4, 1)])
    streaks = cv2.resize(_noise(side, rng.uniform(2, 12), rng)[:, : side // 8 + 1], (side, side))
    table = (tone * (1 - rng.uniform(0, 0.4) * streaks)[..., None]).astype(np.float32)
    if where == "striped":
        y, x = np.mgrid[:side, :side] / side
        waves = np.sin(x * rng.uniform(30, 90) + 3 * np.sin(y * 5 + rng.uniform(0, 6)))
        table *= (1 + rng.uniform(0.2, 0.6) * waves)[..., None].astype(np.float32)
    corners = _sheet_corners(where, rng)
    sheet = np.zeros((side, side), np.float32)
    points = np.rint(corners * side * 16).astype(np.int32)
    cv2.fillPoly(sheet, [points], 1.0, cv2.LINE_8, 4)
    offset = side * rng.uniform(-0.015, 0.015, 2)  # of the sheet's shadow on the table
    moved = cv2.warpAffine(sheet, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]), (side, side))
    shadow = cv2.GaussianBlur(moved, (0, 0), 1 + side * 0.008)
    table *= (1 - 0.5 * shadow)[..., None]
    return np.where(sheet[..., None] > 0, scene, table)


def _sheet_corners(where: str, rng: np.random.Generator) -> np.ndarray:
    """The sheet's corners (4, 2) as x, y in fractions of the picture's side."""
    if where != "edge":
        low, high = (0.18, 0.26) if where == "note" else (0.03, 0.16)
        insets = rng.uniform(low, high, (4, 2))
        return np.abs(np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) - insets)
    edge, tilt = rng.uniform(0.03, 0.15), rng.uniform(-0.04, 0.04)
    corners = np.array([[edge + tilt, -0.5], [1.5, -0.5], [1.5, 1.5], [edge - tilt, 1.5]])
    for _ in range(rng.integers(4)):  # to one of the four sides
        corners = np.stack([1 - corners[:, 1], corners[:, 0]], axis=1)
    return corners


def _random_homography(side: int, rng: np.random.Generator) -> np.ndarray:
    """A small rotation and perspective, (3, 3), pixels to pixels."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * side
    angle, shift = rng.normal(0, 0.06), rng.normal(0, 0.02, (4, 2)) * side
    cos, sin = np.cos(angle), np.sin(angle)
    moved = (corners - side / 2) @ np.array([[cos, sin], [-sin, cos]]) + side / 2 + shift
    return cv2.getPerspectiveTransform(corners, moved.astype(np.float32))


def _illumination(side: int, shadow: bool, rng: np.random.Generator) -> np.ndarray:
    """Brightness, float32 (side, side): a linear gradient, a lamp, and a shadow."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    gradient, centre = rng.normal(0, 0.25, 2), rng.uniform(-0.5, 0.5, 2)
    falloff = rng.uniform(0, 0.35) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    light = rng.uniform(0.65, 1.0) * (1 + gradient[0] * x + gradient[1] * y - falloff)
    if shadow:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        distance = x * np.cos(angle) + y * np.sin(angle) - offset
        if rng.random() < 0.5:  # the round shadow of a hand or a head
            distance = np.hypot(x - np.cos(angle) * 0.6, y - np.sin(angle) * 0.6) - 0.5 - offset / 2
        softness = np.exp(rng.uniform(np.log(0.004), np.log(0.12)))
        light *= 1 - rng.uniform(0.25, 0.6) / (1 + np.exp(np.clip(distance / softness, -30, 30)))
    return np.maximum(light, 0.03)


def _glare(side: int, rng: np.random.Generator) -> np.ndarray:
    """Reflection of a lamp, to be added: float32 (side, side), a round or elongated Gaussian."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    centre, radius = rng.uniform(0.1, 0.9, 2), rng.uniform(0.03, 0.1, 2)
    squared_distance = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2
    return np.asarray(rng.uniform(0.3, 1.0) * np.exp(-squared_distance / 2), np.float32)


def _expose(scene: np.ndarray, low_quality: bool, rng: np.random.Generator) -> np.ndarray:
    """Lens blur, exposure, sensor noise and JPEG: float scene → uint8 RGB."""
    side = scene.shape[0]
    blur = rng.uniform(0.3, 1.0) + (rng.uniform(0, 0.004) * side)
    scene = cv2.GaussianBlur(scene, (0, 0), blur)
    exposed = 235 * scene * rng.uniform(0.85, 1.1)
    grey_noise = rng.normal(0, 1, (side, side, 1)).astype(np.float32)
    exposed += grey_noise * (rng.uniform(6, 14) if low_quality else rng.uniform(0.5, 5))
    pixels = np.clip(exposed, 0, 255).astype(np.uint8)
    quality = int(rng.integers(25, 55) if low_quality else rng.integers(55, 96))
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
