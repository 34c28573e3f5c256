"""Which marks of the ink, float32 (h, w) in [0, 1], belong to the digit."""

from collections.abc import Sequence

import cv2
import numpy as np

# Ink below this fraction of full ink does not count as a mark.
MARK = 0.3
# Components with less than this fraction of the largest one's area are dust, wherever they lie.
DUST_AREA = 0.004
# Others belong to the digit when their box comes nearer to it, or to one that belongs, than this
# fraction of the largest one's longer side: the parts of a broken stroke do.
NEAR = 0.12
# Of the rest, those are specks that have less than this fraction of the largest one's area, or of
# its longer side: a stray dot, not the hat of a 5 or the bar of a 7.
SPECK_AREA = 0.04
SPECK_SIDE = 0.25
# Only so many components, the largest, are looked at: more of them are texture.
MOST_COMPONENTS = 64
# A ring or a box encloses the digit when it is a line, inked to less than this fraction of what it
# encloses, and a single mark in it has at least this fraction of its height: not the dot in a 0.
# A box, which fills this much of its own box, may hold a small one.
# Other marks in it have less than that one: two eyes and a mouth make it a face.
LINE = 0.45
SMALLEST_ENCLOSED, SMALLEST_IN_BOX = 0.4, 0.15
BOX = 0.9
SMALLEST_OTHER = 0.12
# Discs: logarithm of width over height, and deviation of the share of their box from a circle's.
ROUND, DISC = 0.3, 0.08
# The slash of a 0 is no digit in a ring either: a straight line, no wider than this fraction of its
# length, that leans by more than so many degrees.
SLASH, SLASH_LEANS = 0.3, 22.0
# Ink is a region, not strokes, when a disc fits into it that is this fraction of the ink's longer
# side and that of the picture's shorter side; loops that a thick pen has filled are smaller.
REGION = 0.42
REGION_OF_PICTURE = 0.38
# A label, its holes filled, covers more than this fraction of a rectangle.
REGION_RECTANGULAR = 0.93
# A label is inked to at least this fraction, and the digit that it leaves out is at least so high,
# as a fraction of the label's height; the loops that a marker leaves open are less.
LABEL_INKED = 0.6
LABEL_SHARE = 0.7  # of the ink lies on the band: only the digit's ends may reach beyond it
SMALLEST_ON_LABEL = 0.5
# Width, in pixels, of the grey rim that anti-aliasing or a lens puts around ink.
SOFT_EDGE = 4


def mark_mask(ink: np.ndarray) -> np.ndarray:
    """Where ink counts as a mark: float32 (h, w) in [0, 1] → uint8 (h, w), 0 or 1."""
    return (ink > MARK).view(np.uint8)


def border(picture: np.ndarray) -> np.ndarray:
    """The pixels along the four edges of a picture, (h, w) → (2 w + 2 h,); corners come twice."""
    return np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])


def gaps(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distances between intervals, pair by pair, (n, n); negative where two overlap."""
    return np.maximum(start[:, None] - end, start - end[:, None])


def keep_components(ink: np.ndarray, labels: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """Only these components, bool (count,) by label, and their soft edges, not those of others."""
    reach = 2 * SOFT_EDGE + 1
    around = cv2.dilate(kept[labels].astype(np.uint8), np.ones((reach, reach), np.uint8))
    return np.where((around == 1) & ((labels == 0) | kept[labels]), ink, np.float32(0))


def keep_digit(ink: np.ndarray) -> np.ndarray:
    """Drop what is not part of the digit: dust, and specks far from it. Same shape, same range."""
    marks = mark_mask(ink)
    if cv2.connectedComponents(marks)[0] <= 2:  # paper and one mark; a third of the time of …
        return ink
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)[1:]
    order = 1 + np.argsort(-mass, kind="stable")[:MOST_COMPONENTS]
    order = order[~_enclosing(labels, stats, order)]
    left, top, width, height, area = stats[order].T.astype(np.int64)
    side, area = np.maximum(width, height) / max(width[0], height[0]), area / area[0]
    apart = np.maximum(gaps(left, left + width), gaps(top, top + height))
    linked = apart < NEAR * max(width[0], height[0])
    belongs = np.zeros(len(order), bool)
    belongs[0] = True
    while not np.array_equal(grown := linked[belongs].any(axis=0), belongs):
        belongs = grown
    belongs |= (area >= SPECK_AREA) & (side >= SPECK_SIDE)
    belongs &= area >= DUST_AREA
    if belongs.all() and len(order) == count - 1:
        return ink
    kept = np.zeros(count, bool)
    kept[order[belongs]] = True
    return keep_components(ink, labels, kept)


def _enclosing(labels: np.ndarray, stats: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Which of the components are a box or a ring around another one that is the digit.

    Args:
        labels: int32 (h, w); ``stats``: (count, 5), both of cv2.connectedComponentsWithStats.
        order: the components to look at, int (n,).

    Returns:
        bool (n,), never all of them.
    """
    left, top, width, height, area = stats[order].T
    right, bottom = left + width, top + height
    within = (left[:, None] < left) & (right[:, None] > right)
    within &= (top[:, None] < top) & (bottom[:, None] > bottom)
    within &= height >= SMALLEST_OTHER * height[:, None]
    enclosing = np.zeros(len(order), bool)
    for outer in np.flatnonzero((within.sum(axis=1) == 1) & (area < LINE * width * height)):
        inner = int(within[outer].argmax())
        part = labels[top[outer] : bottom[outer], left[outer] : right[outer]]
        filled, _ = _filled((part == order[outer]).view(np.uint8))
        least = SMALLEST_IN_BOX if filled.mean() > BOX else SMALLEST_ENCLOSED
        if height[inner] < least * height[outer]:
            continue
        pixels = (part == order[inner]).view(np.uint8)
        whole = (pixels & filled).sum() == area[inner]
        target = _is_round(filled) and _is_round(_filled(pixels)[0])
        thin = area[outer] <= LINE * filled.sum()
        enclosing[outer] = whole and thin and not target and not _is_slash(pixels)
    return enclosing


def _is_round(filled: np.ndarray) -> bool:
    """Whether it is a disc: within another one it makes a target, and no 0."""
    _, _, width, height = cv2.boundingRect(filled)
    return bool(
        abs(np.log(width / height)) < ROUND
        and abs(filled.sum() / (width * height) - np.pi / 4) < DISC
    )


def _is_slash(pixels: np.ndarray) -> bool:
    (_, (width, length), angle) = cv2.minAreaRect(cv2.findNonZero(pixels))
    if width > length:
        width, length, angle = length, width, angle + 90
    leaning = abs((angle + 90) % 180 - 90)  # degrees from upright
    return bool(width + 1 < SLASH * (length + 1) and leaning > SLASH_LEANS)


def _filled(marks: np.ndarray) -> tuple[np.ndarray, Sequence[np.ndarray]]:
    """Marks, uint8 (h, w), with their holes filled; and their outlines."""
    outlines, _ = cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(marks.copy(), outlines, -1, 1, cv2.FILLED), outlines


def within_label(ink: np.ndarray) -> np.ndarray:
    """The digit that a label leaves out, in the colour of the paper; the ink, if it is no label.

    A label is wide and inked for the most part. It has four corners, or runs as a band from one
    edge of the picture to the opposite one; the digit's ends that reach beyond a band have its
    colour.
    """
    marks = mark_mask(ink)
    filled, outlines = _filled(marks)
    label, beyond = _band(marks) | _band(marks.T).T, ink
    if not is_wide(filled | label):
        return ink
    hull = cv2.convexHull(np.concatenate(outlines))
    if not label.any() and _is_rectangular(filled, hull):
        label, beyond = cv2.fillConvexPoly(label, hull, 1), np.zeros_like(ink)
    if marks.sum() <= LABEL_INKED * label.sum() or not label.any():
        return ink
    digit = keep_digit(np.where(label == 1, 1 - ink, beyond))
    height = cv2.boundingRect(mark_mask(digit))[3]
    large_enough = height >= SMALLEST_ON_LABEL * cv2.boundingRect(marks)[3]
    return digit if large_enough and not is_wide(mark_mask(digit)) else ink


def _band(marks: np.ndarray) -> np.ndarray:
    """The band between one stretch of the upper edge and the same of the lower, as marks."""
    band = np.zeros_like(marks)
    stretches = [np.flatnonzero(row) for row in (marks[0], marks[-1])]
    ends = {(int(columns[0]), int(columns[-1])) for columns in stretches if columns.size}
    if len(ends) == 1:
        left, right = ends.pop()
        solid = min(len(columns) for columns in stretches) == right - left + 1
        if solid and marks[:, left : right + 1].sum() >= LABEL_SHARE * marks.sum():
            band[:, left : right + 1] = 1
    return band


def _is_rectangular(filled: np.ndarray, hull: np.ndarray) -> bool:
    width, height = cv2.minAreaRect(hull)[1]  # between the middles of the outermost pixels
    return bool(filled.sum() > REGION_RECTANGULAR * (width + 1) * (height + 1))


def is_wide(marks: np.ndarray) -> bool:
    """Whether a disc wider than any pen fits into the marks, uint8 (h, w), 0 or 1."""
    _, _, width, height = cv2.boundingRect(marks)
    disc = 2 * float(cv2.distanceTransform(marks, cv2.DIST_L2, 3).max())
    return disc > REGION * max(width, height) and disc > REGION_OF_PICTURE * min(marks.shape)
