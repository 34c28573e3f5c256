"""Synthetic photographs of a digit on paper: for training, and for judging the ink stage.

A scene is built as it comes about: paper with its lines, ink on it, the sheet on a table, light
and shadow over both, then the camera's perspective, blur, noise and JPEG; 1 = white paper.
:data:`KINDS` names the scenes that the benchmark reports one by one. Training mixes most of them:
see :func:`random_kind`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from digit_model.data.clutter import Place, add_clutter
from digit_model.data.pens import BALLPOINT, MARKER, PENCIL
from digit_model.data.rendering import render
from digit_model.data.strokes import Drawing

PAPERS = (
    (1.0, 0.99, 0.96),
    (0.97, 0.97, 1.0),
    (0.93, 0.87, 0.74),
    (1.0, 0.93, 0.55),
    (0.8, 0.8, 0.8),
)
INKS = ((0.08, 0.08, 0.1), (0.12, 0.18, 0.5), (0.6, 0.1, 0.12), (0.1, 0.35, 0.2), (0.3, 0.3, 0.32))
CHALKS = ((0.9, 0.9, 0.88), (0.95, 0.9, 0.6), (0.85, 0.7, 0.75))
SMALLEST, LARGEST = 180, 640  # pixels, the picture's side


@dataclass(frozen=True)
class Kind:
    """What makes a scene hard; everything else varies mildly in all of them."""

    lines: str = ""  # "ruled", "squared"
    pencil: bool = False  # faint and thin
    marker: bool = False  # thick
    board: bool = False  # light ink on a dark board
    shadow: bool = False  # with an edge
    table: str = ""  # "around" the sheet or a small "note", of "striped" wood, beyond an "edge"
    clutter: str = ""  # what is beside the digit, one of digit_model.data.clutter's
    small: bool = False  # a tenth of the picture
    glare: bool = False  # a lamp's reflection
    rough: bool = False  # coarse paper, noise and strong JPEG compression


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
    "coarse and noisy": Kind(rough=True),
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
    """A drawing in the unit box as a photograph of it.

    Returns:
        The photograph, uint8 (side, side, 3) RGB, and where its ink lies, float32 (side, side) in
        [0, 1], free of everything else.
    """
    side = round(float(np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST)))))
    if kind.small:
        side = LARGEST
    low, high, space = _extent(kind)
    height = rng.uniform(low, high)
    pen = rng.uniform(*(PENCIL if kind.pencil else BALLPOINT))
    if kind.marker:
        pen = rng.uniform(*MARKER)
    room = max(0.0, 0.44 - height / 2) * space
    x, y = (0.5 + rng.uniform(-room, room, 2)).tolist()
    ink = (
        render(
            drawing,
            canvas=side,
            height=height,
            pen_width=pen,
            centre=(x, y),
            pressure=rng.uniform(0.7, 1.2, size=5),
        ).astype(np.float32)
        / 255
    )
    paper = _paper(side, kind, rng)
    colours = CHALKS if kind.board else INKS
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    strength = rng.uniform(0.25, 0.45) if kind.pencil else rng.uniform(0.75, 1.0)
    grain = 1 - rng.uniform(0, 0.35 if kind.pencil or kind.board else 0.1) * _noise(side, 1.0, rng)
    scene: np.ndarray = paper + (ink * strength * grain)[..., None] * (colour - paper)
    if kind.clutter:
        scene = add_clutter(scene, kind.clutter, Place(x, y, height, colour), rng)
    if kind.table:
        scene = _on_table(scene, kind.table, rng)
    camera = _perspective(side, rng)
    size = (side, side)
    seen = cv2.warpPerspective(scene, camera, size, borderMode=cv2.BORDER_REPLICATE)
    seen_ink = cv2.warpPerspective(ink, camera, size)
    light = _light(side, kind.shadow, rng)[..., None]
    lit = seen * light
    if kind.glare:
        lit = lit + _glare(side, rng)[..., None]
    return _camera(lit, kind.rough, rng), np.asarray(seen_ink, np.float32)


def _extent(kind: Kind) -> tuple[float, float, float]:
    """The digit's least and greatest height, in sides, and how much of the sheet it moves on."""
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
    """A mixture for training, without small digits, notes, stripes, glare and clutter.

    The ink stage deals with those; unseen by training, they show whether it does.
    """
    board = rng.random() < 0.12
    return Kind(
        lines=str(rng.choice(["", "ruled", "squared"], p=[0.5, 0.27, 0.23])),
        pencil=not board and rng.random() < 0.2,
        marker=rng.random() < 0.12,
        board=board,
        shadow=rng.random() < 0.35,
        table=str(rng.choice(["", "around", "edge"], p=[0.72, 0.18, 0.1])),
        rough=rng.random() < 0.25,
    )


def _noise(side: int, grain: float, rng: np.random.Generator) -> np.ndarray:
    """Smooth noise in [0, 1], float32 (side, side), its grains ``grain`` pixels wide."""
    coarse = max(2, round(side / grain))
    noise = cv2.resize(rng.random((coarse, coarse), np.float32), (side, side))
    return np.clip(noise, 0, 1)


def _paper(side: int, kind: Kind, rng: np.random.Generator) -> np.ndarray:
    """A sheet with its texture and its lines: float32 (side, side, 3)."""
    if kind.board:
        tone = np.array([0.12, 0.16, 0.14], np.float32) * rng.uniform(0.6, 1.8)
    else:
        tone = np.array(PAPERS[rng.integers(len(PAPERS))], np.float32)
    depth = rng.uniform(0.08, 0.18) if kind.rough else rng.uniform(0.0, 0.05)
    texture = 1 - depth * _noise(side, rng.uniform(1.0, 4.0), rng)
    paper = texture[..., None] * tone
    if not kind.lines:
        return paper
    pitch = side * rng.uniform(0.06, 0.2)
    width = max(1.0, side * rng.uniform(0.002, 0.006))
    colour = np.array([[0.45, 0.6, 0.85], [0.5, 0.5, 0.5], [0.85, 0.55, 0.5]][rng.integers(3)])
    across = _ruling(side, pitch, width, rng)[:, None]
    along = _ruling(side, pitch, width, rng)[None, :]
    lines = np.maximum(across, along) if kind.lines == "squared" else across + 0 * along
    if kind.lines == "ruled" and rng.random() < 0.4:  # the margin
        lines = np.maximum(lines, _ruling(side, side * 1.5, width, rng)[None, :])
    amount = (lines * rng.uniform(0.25, 0.8))[..., None]
    return (paper + amount * (colour * tone - paper)).astype(np.float32)


def _ruling(side: int, pitch: float, width: float, rng: np.random.Generator) -> np.ndarray:
    """Lines across one axis, float (side,) in [0, 1], ``pitch`` and ``width`` in pixels."""
    position = np.arange(side) + rng.uniform(0, pitch)
    distance = np.abs((position + pitch / 2) % pitch - pitch / 2)
    return np.clip(width / 2 + 0.5 - distance, 0, 1)


def _on_table(scene: np.ndarray, where: str, rng: np.random.Generator) -> np.ndarray:
    """The sheet on a table of any colour, its corners where a hand has laid it."""
    side = scene.shape[0]
    tone = rng.uniform(0.05, 0.6) * np.array([1, rng.uniform(0.6, 1), rng.uniform(0.4, 1)])
    streaks = cv2.resize(_noise(side, rng.uniform(2, 12), rng)[:, : side // 8 + 1], (side, side))
    table = (tone * (1 - rng.uniform(0, 0.4) * streaks)[..., None]).astype(np.float32)
    if where == "striped":
        y, x = np.mgrid[:side, :side] / side
        waves = np.sin(x * rng.uniform(30, 90) + 3 * np.sin(y * 5 + rng.uniform(0, 6)))
        table *= (1 + rng.uniform(0.2, 0.6) * waves)[..., None].astype(np.float32)
    if where != "edge":
        low, high = (0.18, 0.26) if where == "note" else (0.03, 0.16)
        near, far = rng.uniform(low, high, (4, 2)), np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
        corners = np.abs(far - near)
    else:
        cut, tilt = rng.uniform(0.03, 0.15), rng.uniform(-0.04, 0.04)
        corners = np.array([[cut + tilt, -0.5], [1.5, -0.5], [1.5, 1.5], [cut - tilt, 1.5]])
        for _ in range(rng.integers(4)):
            corners = np.stack([1 - corners[:, 1], corners[:, 0]], axis=1)
    sheet = np.zeros((side, side), np.float32)
    points = np.rint(corners * side * 16).astype(np.int32)
    cv2.fillPoly(sheet, [points], 1.0, cv2.LINE_8, 4)
    offset = side * rng.uniform(-0.015, 0.015, 2)  # of the shadow that the sheet throws
    moved = cv2.warpAffine(sheet, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]), (side, side))
    cast = cv2.GaussianBlur(moved, (0, 0), 1 + side * 0.008)
    table *= (1 - 0.5 * cast)[..., None]
    return np.where(sheet[..., None] > 0, scene, table)


def _perspective(side: int, rng: np.random.Generator) -> np.ndarray:
    """The camera is seldom held quite level: a homography, pixels to pixels."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], np.float32) * side
    angle, cut = rng.normal(0, 0.06), rng.normal(0, 0.02, (4, 2)) * side
    cos, sin = np.cos(angle), np.sin(angle)
    turned = (corners - side / 2) @ np.array([[cos, sin], [-sin, cos]]) + side / 2 + cut
    return cv2.getPerspectiveTransform(corners, turned.astype(np.float32))


def _light(side: int, shadow: bool, rng: np.random.Generator) -> np.ndarray:
    """Brightness at each place, float32 (side, side): a slope, a lamp's cone, and shadows."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side - 0.5
    slope, centre = rng.normal(0, 0.25, 2), rng.uniform(-0.5, 0.5, 2)
    cone = rng.uniform(0, 0.35) * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2)
    light = rng.uniform(0.65, 1.0) * (1 + slope[0] * x + slope[1] * y - cone)
    if shadow:
        angle, reach = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
        distance = x * np.cos(angle) + y * np.sin(angle) - reach
        if rng.random() < 0.5:  # of a hand or a head: its edge is round
            distance = np.hypot(x - np.cos(angle) * 0.6, y - np.sin(angle) * 0.6) - 0.5 - reach / 2
        softness = np.exp(rng.uniform(np.log(0.004), np.log(0.12)))
        light *= 1 - rng.uniform(0.25, 0.6) / (1 + np.exp(np.clip(distance / softness, -30, 30)))
    return np.maximum(light, 0.03)


def _glare(side: int, rng: np.random.Generator) -> np.ndarray:
    """What a lamp's reflection adds at each place, float32 (side, side): round or longish."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) / side
    centre, radius = rng.uniform(0.1, 0.9, 2), rng.uniform(0.03, 0.1, 2)
    away = ((x - centre[0]) / radius[0]) ** 2 + ((y - centre[1]) / radius[1]) ** 2
    return np.asarray(rng.uniform(0.3, 1.0) * np.exp(-away / 2), np.float32)


def _camera(scene: np.ndarray, rough: bool, rng: np.random.Generator) -> np.ndarray:
    """Lens, sensor and file: float scene → uint8 RGB."""
    side = scene.shape[0]
    blur = rng.uniform(0.3, 1.0) + (rng.uniform(0, 0.004) * side)
    scene = cv2.GaussianBlur(scene, (0, 0), blur)
    exposed = 235 * scene * rng.uniform(0.85, 1.1)
    grey_noise = rng.normal(0, 1, (side, side, 1)).astype(np.float32)
    exposed += grey_noise * (rng.uniform(6, 14) if rough else rng.uniform(0.5, 5))
    pixels = np.clip(exposed, 0, 255).astype(np.uint8)
    quality = int(rng.integers(25, 55) if rough else rng.integers(55, 96))
    coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
