"""Which marks of the ink, float32 (h, w) in [0, 1], belong to the digit."""

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
MOST_MARKS = 64
AS_HIGH = 0.5  # of the highest mark, at least, is another digit
# Ink is a region, not strokes, when a disc fits into it that is this fraction of the ink's longer
# side and that of the picture's shorter side; loops that a thick pen has filled are smaller.
REGION = 0.42
REGION_OF_PICTURE = 0.38
RECTANGULAR = 0.93  # share of the rectangle that a label fills
# A band is inked to at least this fraction, and the digit that it leaves out is at least so high,
# as a fraction of the band's height; the loops that a marker leaves open are less.
BAND_INKED = 0.6
BAND_SHARE = 0.7  # of the ink lies on the band: only the digit's ends may reach beyond it
SMALLEST_ON_BAND = 0.5
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


def are_several(ink: np.ndarray) -> bool:
    """Whether two marks or more are high enough to be digits, beside each other or not."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mark_mask(ink))
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    return count > 2 and int((heights >= AS_HIGH * heights.max()).sum()) > 1


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
    order = 1 + np.argsort(-mass, kind="stable")[:MOST_MARKS]
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


def within_band(ink: np.ndarray) -> np.ndarray:
    """The digit that a band leaves out, in the colour of the paper; the ink, if there is no band.

    It runs from one edge of the picture to the opposite one; the digit's ends that reach beyond it
    have its colour.
    """
    marks = mark_mask(ink)
    band = _band(marks) | _band(marks.T).T
    if not is_wide(band) or marks.sum() <= BAND_INKED * band.sum():
        return ink
    digit = keep_digit(np.where(band == 1, 1 - ink, ink))
    height = cv2.boundingRect(mark_mask(digit))[3]
    large_enough = height >= SMALLEST_ON_BAND * cv2.boundingRect(marks)[3]
    return digit if large_enough and not is_wide(mark_mask(digit)) else ink


def _band(marks: np.ndarray) -> np.ndarray:
    """The band between one stretch of the upper edge and the same of the lower, as marks."""
    band = np.zeros_like(marks)
    stretches = [np.flatnonzero(row) for row in (marks[0], marks[-1])]
    ends = {(int(columns[0]), int(columns[-1])) for columns in stretches if columns.size}
    if len(ends) == 1:
        left, right = ends.pop()
        solid = min(len(columns) for columns in stretches) == right - left + 1
        if solid and marks[:, left : right + 1].sum() >= BAND_SHARE * marks.sum():
            band[:, left : right + 1] = 1
    return band


def is_rectangular(marks: np.ndarray) -> bool:
    """Whether the marks, uint8 (h, w), 0 or 1, fill a rectangle, of any tilt."""
    points = cv2.findNonZero(marks)
    width, height = cv2.minAreaRect(points)[1]  # between the middles of the outermost pixels
    return len(points) > RECTANGULAR * (width + 1) * (height + 1)


def filled(marks: np.ndarray) -> np.ndarray:
    """Marks, uint8 (h, w), 0 or 1, with their holes filled."""
    outlines, _ = cv2.findContours(marks, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return cv2.drawContours(marks.copy(), outlines, -1, 1, cv2.FILLED)


def is_wide(marks: np.ndarray, *, in_picture: bool = True) -> bool:
    """Whether a disc wider than any pen fits into the marks, uint8 (h, w), 0 or 1.

    ``in_picture``: and it is wide for the whole picture, too.
    """
    _, _, width, height = cv2.boundingRect(marks)
    disc = 2 * float(cv2.distanceTransform(marks, cv2.DIST_L2, 3).max())
    least = REGION_OF_PICTURE * min(marks.shape) if in_picture else 0
    return disc > max(REGION * max(width, height), least)
