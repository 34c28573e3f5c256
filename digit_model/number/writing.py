"""All that is written in a picture, where :func:`~digit_model.ink.extract.extract_ink` keeps one
digit: the ink of numbers."""

import cv2
import numpy as np

from digit_model.architectures import GRAIN
from digit_model.crop import fractions
from digit_model.ink.extract import FindInk, Ink, contrast_axis, ink_of
from digit_model.ink.flat import is_drawing
from digit_model.ink.looks import LARGEST_LOOK, LOOK_SIDE, Window, look
from digit_model.ink.marks import SURE, mark_mask
from digit_model.number import MOST_MARKS
from digit_model.number.frames import with_rim, without_frames
from digit_model.number.tiles import find_in_tiles

# Marks below this fraction of the highest one's height tell nothing of the height of digits.
LOW_MARK = 0.3
# In usual heights of marks: a brace or an arrow is higher than that, a ring between these.
GIANT, RING = 2.4, (1.7, 3.0)
LEAST_BESIDE = 2  # marks that have to be left then
DOT = 2.5  # in the pen's width: dots, commas and dashes are no higher
LONGEST_STROKE = 1.7  # of such a mark, in its box's width and height: an ellipse has π/2
SPECK = 0.1  # of the highest mark's height
PERHAPS = 0.4  # as SURE, in the first look: what is pale in it may be sure in the next
LOOK_HEIGHT = 44  # pixels, of digits in the further looks: they are half as high as in most others
MORE_LOOKS = 3  # at most: lines that touch in one are apart in the next, at a finer scale,
FINER = 1.25  # which is worth it if marks turn out to be lower by this factor
LOOK_MARGIN = 0.4  # around all that was found, in heights of a digit
BEYOND = 1.5  # likewise, what the next look takes in where marks reach to this one's edge
EDGE = 0.5  # share of one edge of a picture: marks along it cover nearly all of it, or next to none


def extract_writing(rgb: np.ndarray, find_ink: FindInk) -> Ink:
    """Find the ink of all that is written.

    Args:
        rgb: uint8 (h, w, 3), upright; dark ink on light paper or light on dark.
        find_ink: the ink network.
    """
    grey, drawn, is_framed = without_frames(contrast_axis(rgb))
    if is_drawing(grey) and not is_framed:
        marks = mark_mask(drawn)
        if not _has_edge(marks):
            return Ink(_without_giants(drawn, marks))
    rows, columns = rgb.shape[:2]
    window = (0, 0, columns, rows)
    ink = _look_for_writing(window, find_ink(look(rgb, window)), least=PERHAPS)
    height = writing_height(ink)
    if not height:
        return Ink(ink)
    wanted = _around_marks(ink, height)
    for _ in range(MORE_LOOKS):
        window = wanted
        longer = max(window[2] - window[0], window[3] - window[1])
        side = GRAIN * round(longer * LOOK_HEIGHT / height / GRAIN)
        side = min(LARGEST_LOOK, max(LOOK_SIDE, side))
        ink = _look_for_writing(window, find_in_tiles(look(rgb, window, side), find_ink))
        before, height = height, writing_height(ink)
        if not height:
            break
        wanted = _beyond_edges(ink, height, window, rgb.shape)
        is_finer = height < before / FINER and side < LARGEST_LOOK
        if wanted == window and not is_finer:
            break
    return Ink(ink, fractions(window, rgb.shape))


def _has_edge(marks: np.ndarray) -> bool:
    """Whether marks run along a drawing's edge, as those of a toolbar or a desktop do."""
    edges = marks[0], marks[-1], marks[:, 0], marks[:, -1]
    return max(float(edge.mean()) for edge in edges) > EDGE


def _without_giants(drawn: np.ndarray, marks: np.ndarray) -> np.ndarray:
    """A drawing's ink without the rings, braces and arrows around or beside its digits.

    They are far higher than most marks, and their one stroke is hardly longer than their box is
    wide and high together; that of digits that touch each other is.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    if not LEAST_BESIDE < count - 1 <= MOST_MARKS:
        return drawn
    left, top, width, height, area = stats[1:].T
    if height.max() <= RING[0] * _usual(height):
        return drawn
    # The mean distance from a stroke's edge is a quarter of its width.
    distances = cv2.distanceTransform(marks, cv2.DIST_L2, 3)
    pens = 4 * np.bincount(labels.ravel(), weights=distances.ravel())[1:] / area
    others = height > DOT * pens
    higher = height / np.median(height[others]) if others.any() else np.zeros(len(height))
    right, bottom = left + width, top + height
    inside = (
        (left[:, None] < left)
        & (right < right[:, None])
        & (top[:, None] < top)
        & (bottom < bottom[:, None])
    )
    within = inside.sum(axis=1)
    # A single one in it may be the slash of a zero; much lower ones are the eyes of a face.
    rings = (within > 1) & (higher > RING[0]) & (higher < RING[1])
    giants = (within == 0) & (higher > GIANT) | rings
    if (others & ~giants).sum() < LEAST_BESIDE:
        return drawn
    drawn_around = giants & (area < LONGEST_STROKE * pens * (width + height))
    return np.where(np.append(False, drawn_around)[labels], np.float32(0), drawn)


def writing_height(ink: np.ndarray) -> float:
    """The usual height of digits, in pixels of the ink; 0 if there is none.

    It is the median height of the marks, weighted by their ink, but for the low ones: dots, dashes.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mark_mask(ink))
    if count == 1:
        return 0.0
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)[1:]
    heights = stats[1:, cv2.CC_STAT_HEIGHT]
    order = np.argsort(heights)
    order = order[heights[order] >= LOW_MARK * heights.max()]
    share = np.cumsum(mass[order]) / mass[order].sum()
    return float(heights[order][np.searchsorted(share, 0.5)])


def usual_height(ink: np.ndarray) -> float:
    """The median height of the marks, whatever ink each has, specks aside; 0 if there is none."""
    heights = cv2.connectedComponentsWithStats(mark_mask(ink))[2][1:, cv2.CC_STAT_HEIGHT]
    return _usual(heights) if len(heights) else 0.0


def _usual(heights: np.ndarray) -> float:
    return float(np.median(heights[heights >= SPECK * heights.max()]))


def _look_for_writing(window: Window, found: np.ndarray, least: float = SURE) -> np.ndarray:
    """What the network found in a window, float32 (h, w) at the picture's size; 0 if not sure.

    ``least``: mean ink of the marks from which they count.
    """
    ink = ink_of(found)
    count, labels = cv2.connectedComponents(mark_mask(ink))
    mass = np.bincount(labels.ravel(), weights=ink.ravel(), minlength=count)
    sure = mass >= least * np.bincount(labels.ravel(), minlength=count)
    sure[0] = False
    kept = sure[labels]
    ink = np.where(with_rim(kept) & ((labels == 0) | kept), ink, np.float32(0))
    left, top, right, bottom = window
    return np.asarray(cv2.resize(ink, (right - left, bottom - top), interpolation=cv2.INTER_LINEAR))


def _around_marks(ink: np.ndarray, height: float) -> Window:
    left, top, width, high = cv2.boundingRect(mark_mask(ink))
    margin = round(LOOK_MARGIN * height)
    rows, columns = ink.shape
    return (
        max(0, left - margin),
        max(0, top - margin),
        min(columns, left + width + margin),
        min(rows, top + high + margin),
    )


def _beyond_edges(ink: np.ndarray, height: float, window: Window, shape: tuple[int, ...]) -> Window:
    """The window, larger on those sides to which marks reach; within a picture of this shape."""
    marks = mark_mask(ink)
    edges = marks[:, :2], marks[:2], marks[:, -2:], marks[-2:]
    more = [round(BEYOND * height) if edge.any() else 0 for edge in edges]
    left, top, right, bottom = window
    rows, columns = shape[:2]
    return (
        max(0, left - more[0]),
        max(0, top - more[1]),
        min(columns, right + more[2]),
        min(rows, bottom + more[3]),
    )
