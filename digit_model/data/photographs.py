"""Synthetic photographs and screenshots of a drawing, for training and for measuring the ink stage.

A scene is composed in this order: paper with its printed lines (:mod:`digit_model.data.paper`),
ink, clutter, creases, the sheet on a table, then the camera (:mod:`digit_model.data.camera`). Until
then it is float RGB, 1 = white paper. :data:`KINDS` are the scenes that the evaluation reports one
by one; :data:`UNSEEN` of them are never trained on, see :func:`random_kind`.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from digit_model.data.camera import expose, glare, illumination, jpeg, random_homography
from digit_model.data.clutter import DigitPosition, add_clutter
from digit_model.data.paper import crease, draw_paper, noise, print_lines, stain
from digit_model.data.pens import BALLPOINT, FINE, MARKER, PENCIL, WIDE
from digit_model.data.rendering import render
from digit_model.data.screens import draw_screen
from digit_model.data.strokes import Drawing

# RGB in [0, 1].
INK_COLOURS = (
    (0.08, 0.08, 0.1),
    (0.12, 0.18, 0.5),
    (0.6, 0.1, 0.12),
    (0.1, 0.35, 0.2),
    (0.3, 0.3, 0.32),
)
CHALK_COLOURS = ((0.9, 0.9, 0.88), (0.95, 0.9, 0.6), (0.85, 0.7, 0.75))
PENS = {"fine": FINE, "pencil": PENCIL, "marker": MARKER, "wide": WIDE, "drying": MARKER}
MIN_SIDE, MAX_SIDE = 180, 640  # pixels, of the square picture
COVERED = 0.5  # share of a pixel that ink covers from which it counts as inked


@dataclass(frozen=True)
class Kind:
    """What makes a scene difficult; everything else varies a little in all of them."""

    lines: str = ""  # printed on the paper: "ruled", "squared" or "dotted"
    pen: str = ""  # a key of PENS; "drying" leaves gaps; "" is neither thick nor thin
    material: str = "paper"  # or a "sticky note", a "board" with chalk, or a "whiteboard"
    light: str = ""  # "shadow" with a visible edge, "two lamps", or "coloured"
    # Where a table is visible: "around" the sheet, around a small "note", around a sheet as
    # "striped" wood, "tiles" or a "cloth", or at one "edge" of the picture.
    table: str = ""
    clutter: str = ""  # a key of digit_model.data.clutter.CLUTTER
    size: str = ""  # "small" is about a tenth of the picture high, "full" nearly all of it
    paper: str = ""  # "folded", "crumpled" or "curled"
    stain: str = ""  # "stain" or "coffee ring"
    defect: str = ""  # of the camera, see digit_model.data.camera.expose
    glare: bool = False  # reflection of a lamp
    askew: bool = False  # the camera is held at an angle
    screen: str = ""  # no photograph but a screenshot: "toolbar", "window" or bare "canvas"


KINDS = {
    "plain paper": Kind(),
    "faint pencil": Kind(pen="pencil"),
    "thick marker": Kind(pen="marker"),
    "ruled paper": Kind(lines="ruled"),
    "squared paper": Kind(lines="squared"),
    "board and chalk": Kind(material="board"),
    "shadow with an edge": Kind(light="shadow"),
    "sheet on a table": Kind(table="around"),
    "table at the edge": Kind(table="edge"),
    "coarse and noisy": Kind(defect="low quality"),
    "ruled paper in shadow": Kind(lines="ruled", light="shadow"),
    "small on ruled paper": Kind(lines="ruled", size="small"),
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
    "fine ballpoint": Kind(pen="fine"),
    "fine ballpoint on squares": Kind(pen="fine", lines="squared"),
    "fills the picture": Kind(size="full"),
    "page held askew": Kind(lines="ruled", askew=True),
    "crumpled paper": Kind(paper="crumpled"),
    "folded paper": Kind(paper="folded"),
    "curled page": Kind(paper="curled", lines="ruled"),
    "stained": Kind(stain="stain"),
    "coffee ring": Kind(stain="coffee ring"),
    "row of boxes in a form": Kind(clutter="form"),
    "page of print": Kind(clutter="page of print"),
    "writing shows through": Kind(clutter="show-through"),
    "print shows through": Kind(clutter="print through"),
    "wiped whiteboard": Kind(material="whiteboard", clutter="wiped", glare=True),
    "toolbar above it": Kind(screen="toolbar"),
    "window on a desktop": Kind(screen="window"),
    "coloured light": Kind(light="coloured"),
    "two lamps": Kind(light="two lamps"),
    "dark room": Kind(defect="dark room"),
    "motion blur": Kind(defect="motion"),
    "moiré of a screen": Kind(defect="moiré"),
    "dotted paper": Kind(lines="dotted"),
    "spiral binding": Kind(clutter="spiral"),
    "sheet on tiles": Kind(table="tiles"),
    "drying marker": Kind(pen="drying", material="whiteboard"),
    "sticky note": Kind(material="sticky note", table="note"),
    "sheet on cloth": Kind(table="cloth"),
}
# The benchmark that counts: no training picture has what these have, but for bars below some of the
# numbers, which there count as written.
UNSEEN = frozenset(
    {
        *("small on ruled paper", "sheet on striped wood", "underlined", "finger at the edge"),
        *("curled page", "coffee ring", "print shows through", "two lamps", "dark room"),
        *("motion blur", "moiré of a screen", "dotted paper", "spiral binding", "sheet on tiles"),
        *("drying marker", "sticky note", "sheet on cloth"),
    }
)
SEEN = tuple(kind for name, kind in KINDS.items() if name not in UNSEEN)


def random_kind(rng: np.random.Generator) -> Kind:
    """A random scene for training: one of :data:`SEEN`, or a mixture of what they have."""
    if rng.random() < 0.55:
        return SEEN[rng.integers(len(SEEN))]
    board = rng.random() < 0.12
    pens = ["", "fine", "pencil", "marker", "wide"]
    pen = rng.choice(pens, p=[0.37, 0.2, 0.15, 0.13, 0.15])
    clutter = ["", "box", "holes", "neighbour", "pen", "print", "show-through", "ring"]
    return Kind(
        lines=str(rng.choice(["", "ruled", "squared"], p=[0.5, 0.27, 0.23])),
        pen="" if board and pen == "pencil" else str(pen),
        material="board" if board else "paper",
        light="shadow" if rng.random() < 0.35 else "",
        table=str(rng.choice(["", "around", "edge"], p=[0.72, 0.18, 0.1])),
        clutter=str(rng.choice(clutter, p=[0.72, *7 * [0.04]])),
        paper=str(rng.choice(["", "folded", "crumpled"], p=[0.84, 0.06, 0.1])),
        stain="stain" if rng.random() < 0.07 else "",
        defect="low quality" if rng.random() < 0.25 else "",
        askew=rng.random() < 0.15,
    )


def photograph(
    drawing: Drawing, kind: Kind, rng: np.random.Generator, *, digit: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """A synthetic photograph of a drawing in the unit box; without strokes, of what is around it.

    Args:
        drawing: a digit, or a number, with digits of the height ``digit``.
        kind: the scene.
        rng: of all that varies.
        digit: the pen's width goes by it.

    Returns:
        The photograph, uint8 RGB (side, side, 3), and only its ink, float32 (side, side) in [0, 1].
    """
    side = round(float(np.exp(rng.uniform(np.log(MIN_SIDE), np.log(MAX_SIDE)))))
    if kind.size == "small":
        side = MAX_SIDE
    if kind.screen:
        return _draw_on_screen(drawing, kind.screen, side, rng, digit)
    scene, ink = _write_on_paper(drawing, kind, side, rng, digit)
    if kind.paper:
        scene = crease(scene, kind.paper, rng)
    if kind.table:
        scene, sheet = _place_on_table(scene, kind.table, rng)
        ink = ink * sheet
    homography = random_homography(side, kind.askew, rng)
    size = (side, side)
    scene = cv2.warpPerspective(scene, homography, size, borderMode=cv2.BORDER_REPLICATE)
    ink = cv2.warpPerspective(ink, homography, size)
    scene = scene * illumination(side, kind.light, rng)
    if kind.glare:
        scene = scene + glare(side, rng)[..., None]
    return expose(scene, kind.defect, rng), np.asarray(ink, np.float32)


def written_side(ink: np.ndarray) -> int:
    """Longer side of what :func:`photograph` shows of a drawing, in pixels; 0 if nothing."""
    _, _, width, height = cv2.boundingRect((ink > COVERED).view(np.uint8))
    return max(width, height)


def _write_on_paper(
    drawing: Drawing, kind: Kind, side: int, rng: np.random.Generator, digit: float
) -> tuple[np.ndarray, np.ndarray]:
    """Paper with ink and clutter, (side, side, 3), and the ink, float32 (side, side) in [0, 1]."""
    min_height, max_height, shift_share = _height_and_shift(kind)
    height = rng.uniform(min_height, max_height)
    pen = rng.uniform(*PENS.get(kind.pen, BALLPOINT)) * digit
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
    paper = draw_paper(side, kind.material, kind.defect == "low quality", rng)
    if kind.lines:
        paper = print_lines(paper, kind.lines, rng)
    board, pencil = kind.material == "board", kind.pen == "pencil"
    colours = CHALK_COLOURS if board else INK_COLOURS
    colour = np.array(colours[rng.integers(len(colours))], np.float32)
    opacity = rng.uniform(0.25, 0.45) if pencil else rng.uniform(0.75, 1.0)
    grain = 1 - rng.uniform(0, 0.35 if pencil or board else 0.1) * noise(side, 1.0, rng)
    if kind.pen == "drying":
        streaks = cv2.resize(noise(side, 2.0, rng)[:, : side // 8 + 1], (side, side))
        grain *= np.clip(1.6 - 1.6 * streaks, 0.3, 1)
    scene: np.ndarray = paper + (ink * opacity * grain)[..., None] * (colour - paper)
    if kind.clutter:
        scene = add_clutter(scene, kind.clutter, DigitPosition(x, y, height, colour), rng)
    if kind.stain:
        scene = stain(scene, kind.stain, rng)
    return scene, ink


def _height_and_shift(kind: Kind) -> tuple[float, float, float]:
    """Smallest and largest height of the digit, and how far it may be from the centre.

    Heights are fractions of the picture's side; the last is a share, in [0, 1], of the largest
    possible shift.
    """
    if kind.size == "small":
        return 0.08, 0.14, 0.3
    if kind.size == "full":
        return 0.75, 0.95, 0.0
    if kind.table == "note":
        return 0.18, 0.32, 0.1
    if kind.clutter:
        return 0.25, 0.45, 0.3
    if kind.table in ("around", "striped", "tiles", "cloth"):
        return 0.25, 0.5, 0.5
    return 0.25, 0.75, 0.5 if kind.table else 1.0


def _draw_on_screen(
    drawing: Drawing, screen: str, side: int, rng: np.random.Generator, digit: float
) -> tuple[np.ndarray, np.ndarray]:
    """A screenshot, uint8 RGB (side, side, 3), a quarter as JPEG, and the ink, float32."""
    scene, (left, top, right, bottom) = draw_screen(screen, side, rng)
    height = rng.uniform(0.3, 0.85) * min(right - left, bottom - top) / side
    margins = (right - left) / side - height, (bottom - top) / side - height
    x, y = (
        (low + high) / 2 / side + margin * rng.uniform(-0.4, 0.4)
        for low, high, margin in ((left, right, margins[0]), (top, bottom, margins[1]))
    )
    pen, centre = rng.uniform(0.03, 0.25) * digit, (float(x), float(y))
    picture = render(drawing, canvas=side, height=height, pen_width=pen, centre=centre)
    ink = picture.astype(np.float32) / 255
    canvas = scene[(top + bottom) // 2, right - 2]
    colour = np.zeros(3) if canvas.mean() > 0.5 else np.ones(3)
    if rng.random() < 0.3:
        colour = np.array(INK_COLOURS[rng.integers(len(INK_COLOURS))])
        colour = colour if canvas.mean() > 0.5 else 1 - colour
    scene = scene + ink[..., None] * (colour - scene)
    pixels = np.rint(np.clip(scene, 0, 1) * 255).astype(np.uint8)
    return jpeg(pixels, 85) if rng.random() < 0.25 else pixels, ink


def _place_on_table(
    scene: np.ndarray, where: str, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """The scene as a sheet on a table, with a shadow, and where the sheet is, float32 0 or 1."""
    side = scene.shape[0]
    tone = rng.uniform(0.05, 0.6) * np.array([1, rng.uniform(0.6, 1), rng.uniform(0.4, 1)])
    streaks = cv2.resize(noise(side, rng.uniform(2, 12), rng)[:, : side // 8 + 1], (side, side))
    table = (tone * (1 - rng.uniform(0, 0.4) * streaks)[..., None]).astype(np.float32)
    y, x = np.mgrid[:side, :side] / side
    if where == "striped":
        waves = np.sin(x * rng.uniform(30, 90) + 3 * np.sin(y * 5 + rng.uniform(0, 6)))
        table *= (1 + rng.uniform(0.2, 0.6) * waves)[..., None].astype(np.float32)
    elif where == "tiles":
        pitch, start = rng.uniform(0.12, 0.3), rng.uniform(0, 1, 2)
        joints = ((x + start[0]) % pitch < 0.012) | ((y + start[1]) % pitch < 0.012)
        table *= np.where(joints, rng.choice([0.4, 1.8]), 1.0)[..., None].astype(np.float32)
    elif where == "cloth":
        threads = rng.uniform(120, 300)
        weave = np.sin(x * threads) * np.sin(y * threads)
        table *= (1 + rng.uniform(0.2, 0.5) * weave)[..., None].astype(np.float32)
    corners = _sheet_corners(where, rng)
    sheet = np.zeros((side, side), np.float32)
    points = np.rint(corners * side * 16).astype(np.int32)
    cv2.fillPoly(sheet, [points], 1.0, cv2.LINE_8, 4)
    offset = side * rng.uniform(-0.015, 0.015, 2)  # of the sheet's shadow on the table
    moved = cv2.warpAffine(sheet, np.array([[1, 0, offset[0]], [0, 1, offset[1]]]), (side, side))
    shadow = cv2.GaussianBlur(moved, (0, 0), 1 + side * 0.008)
    table *= (1 - 0.5 * shadow)[..., None]
    return np.where(sheet[..., None] > 0, scene, table), sheet


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
