"""What light and a hole punch leave on paper: found, and taken out of a photograph."""

import cv2
import numpy as np

from digit_model.ink.marks import odd
from digit_model.ink.sheet import coarse, paper_surface

# Glare: the brightest of the picture, by so many grey levels or more, on paper of such grey levels.
BRIGHTER, DARKEST_PAPER, BRIGHTEST_PAPER = 30, 80, 205
# It covers at least and at most these fractions of the picture, and this one of its own hull, and
# is no more than so many times as long as wide.
SMALLEST_GLARE, LARGEST_GLARE, GLARE_SOLID, LONGEST_GLARE = 0.002, 0.12, 0.8, 2.0
# It is soft: between these fractions of its height above the paper its area grows so many times.
INNER, OUTER, SOFT = 0.75, 0.35, 1.5
MOST_LAMPS = 3
WIDE_PEN = 0.12  # of the picture's longer side; glare is told from paper that shows between strokes
# Punch holes: of such sizes and so near an edge, in longer sides of the picture; two at least, in a
# row along the edge and of one size.
SMALLEST_HOLE, LARGEST_HOLE, HOLE_AT_EDGE = 0.015, 0.07, 0.16
OUT_OF_ROW, OTHER_SIZE = 0.02, 1.5
# Logarithm of width over height, and how far the share of their box, at few pixels, strays from a
# disc's.
ROUND, DISC = 0.35, 0.2


def drop_blemishes(grey: np.ndarray) -> np.ndarray:
    """A photograph, uint8 (h, w), without glare and punch holes; without any, as it is."""
    for _ in range(MOST_LAMPS):
        if (dimmed := _dim_glare(grey)) is None:
            break
        grey = dimmed
    return _fill_holes(grey)


def _dim_glare(grey: np.ndarray) -> np.ndarray | None:
    """The picture without the brightest lamp's reflection on it; None if there is none.

    A reflection adds to what lies under it: where it has not gone white, the strokes come back.
    """
    small = cv2.GaussianBlur(coarse(grey), (0, 0), 1.0)
    paper, peak = float(np.median(small)), float(small.max())
    if peak < paper + BRIGHTER or not DARKEST_PAPER <= paper <= BRIGHTEST_PAPER:
        return None
    inner, outer = (
        (small >= paper + share * (peak - paper)).view(np.uint8) for share in (INNER, OUTER)
    )
    _, labels = cv2.connectedComponents(outer)
    glare = (labels == labels.ravel()[small.argmax()]).view(np.uint8)
    area = float(glare.sum())
    if not SMALLEST_GLARE <= area / small.size <= LARGEST_GLARE:
        return None
    points = cv2.findNonZero(glare)
    hull = cv2.fillConvexPoly(np.zeros_like(glare), cv2.convexHull(points), 1)
    width, height = (length + 1 for length in cv2.minAreaRect(points)[1])
    if (
        area < GLARE_SOLID * hull.sum()
        or max(width, height) > LONGEST_GLARE * min(width, height)
        or area < SOFT * (inner & glare).sum()
    ):
        return None
    # A Gaussian's skirt ends at about twice the radius that it has at OUTER.
    skirt = cv2.dilate(glare, np.ones((odd(max(width, height)),) * 2, np.uint8))
    surface, _ = paper_surface(small, 1 - skirt)
    pen = np.ones((odd(WIDE_PEN * max(small.shape)),) * 2, np.uint8)
    bright = cv2.GaussianBlur(cv2.morphologyEx(small, cv2.MORPH_CLOSE, pen), (0, 0), 2.0)
    added = cv2.subtract(bright, surface) * skirt
    return cv2.subtract(grey, cv2.resize(added, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))


def _fill_holes(grey: np.ndarray) -> np.ndarray:
    """Dark discs in a row along an edge of the picture are filled with the paper around them."""
    small = coarse(grey)
    side = max(small.shape)
    square = np.ones((odd(1.5 * LARGEST_HOLE * side),) * 2, np.uint8)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, square)
    _, dark = cv2.threshold(cv2.subtract(paper, small), 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    _, labels, stats, centres = cv2.connectedComponentsWithStats(dark)
    width, height, area = stats[:, 2:].T.astype(np.float64)
    size = np.maximum(width, height) / side
    discs = (size >= SMALLEST_HOLE) & (size <= LARGEST_HOLE)
    discs &= np.abs(np.log(width / height)) < ROUND
    discs &= np.abs(area / (width * height) - np.pi / 4) < DISC
    holes = np.zeros(len(stats), bool)
    for axis, length in enumerate(small.shape[::-1]):
        place = centres[:, axis]
        near = discs & (np.minimum(place, length - 1 - place) < HOLE_AT_EDGE * side)
        in_row = np.abs(place[:, None] - place) < OUT_OF_ROW * side
        alike = np.maximum(size, size[:, None]) < OTHER_SIZE * np.minimum(size, size[:, None])
        holes |= near & ((in_row & alike & near).sum(axis=1) > 1)
    if not holes.any():
        return grey
    reach = odd(0.5 * LARGEST_HOLE * side)
    filled = cv2.dilate(holes[labels].view(np.uint8), np.ones((reach, reach), np.uint8))
    whole = [
        cv2.resize(part, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
        for part in (filled, paper)
    ]
    return np.where(whole[0] == 1, np.maximum(grey, whole[1]), grey)
