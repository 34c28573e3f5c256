"""A flat picture, such as a drawing or a clean scan, → its ink: paper and ink of one level each."""

import cv2
import numpy as np

from digit_model.ink.groups import AS_HIGH
from digit_model.ink.marks import border, filled, is_sure, is_wide, mark_mask

SMALL_SIDE = 48  # pixels, shorter side; of fewer, the ink network would see blocks
MIN_CONTRAST = 10.0  # grey levels between ink and paper; with less the sheet counts as blank
TWO_COLOURS = 0.6  # share of a drawing's two most frequent grey levels, at least
THIRD_LEVEL = 0.04  # share of the third most frequent of 16 levels; soft edges have less
CLEAN = 0.05  # mean ink of the paper beside the marks, at most
ENOUGH_PIXELS = 80  # longer side of a drawing's ink: with more, 20 pixels get no sharper


def is_drawing(grey: np.ndarray) -> bool:
    """Whether all is plain paper and ink, but for soft edges: lenses and scanners spread levels."""
    counts = histogram(grey)
    shares, coarse = np.sort(counts) / counts.sum(), counts.reshape(16, 16).sum(axis=1)
    third = np.sort(coarse)[-3] / counts.sum()
    window = third > THIRD_LEVEL and min(grey.shape) >= SMALL_SIDE
    return bool(shares[-2:].sum() >= TWO_COLOURS and not window)


def drawing_ink(grey: np.ndarray, enough_pixels: int = ENOUGH_PIXELS) -> np.ndarray:
    """Ink on paper of a single grey level: uint8 (H, W) → float32 (h, w) in [0, 1].

    Large ink is averaged down by a factor that leaves it more than ``enough_pixels`` long.
    """
    # Otsu (1979).
    threshold, bright = cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    if not paper_is_bright(bright):
        grey, bright, threshold = cv2.bitwise_not(grey), 1 - bright, 254 - threshold
    counts = histogram(grey)
    counts[: int(threshold) + 1] = 0
    factor = max(1, max(cv2.boundingRect(1 - bright)[2:]) // enough_pixels)
    if factor > 1:
        size = (max(1, grey.shape[1] // factor), max(1, grey.shape[0] // factor))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    return scale_ink(cv2.subtract(np.full_like(grey, counts.argmax()), grey))


def _step(grey: np.ndarray) -> int:
    """Distance, in pixels, between samples that are enough to know a picture's levels."""
    return max(1, max(grey.shape) // 64)


def histogram(grey: np.ndarray) -> np.ndarray:
    """How often each grey level occurs among sampled pixels, uint8 (h, w): int64 (256,)."""
    step = _step(grey)
    return np.bincount(grey[::step, ::step].ravel(), minlength=256)


def paper_is_bright(bright: np.ndarray) -> bool:
    """Whether the brighter class of a picture, uint8 (h, w), 1 = bright, is its paper.

    Paper is what lies along the border, in the corners, covers most of the sheet and holds the
    widest disc that no ink crosses; each is a share in [0, 1], and their mean decides, so that ink
    touching the border, a thick marker, or a tight crop sways one of them and not the verdict.
    """
    corners = bright[[0, 0, -1, -1], [0, -1, 0, -1]]
    sampled = np.ascontiguousarray(bright[:: _step(bright), :: _step(bright)])
    # Radius of the largest disc inside each class; beyond the picture counts as inside.
    widest = [cv2.distanceTransform(side, cv2.DIST_L2, 3).max() for side in (sampled, 1 - sampled)]
    widest_bright = widest[0] / (sum(widest) or 1.0)
    shares = border(bright).mean(), corners.mean(), sampled.mean(), widest_bright
    return float(np.mean(shares)) >= 0.5


def is_solid(ink: np.ndarray) -> bool:
    """Whether ink is one stroke on clean paper, off the picture's edge, which a shadow is not.

    In a bar that a very wide pen has drawn the network sees a shadow.
    """
    marks = mark_mask(ink)
    single = cv2.connectedComponents(marks)[0] == 2 and not border(marks).any()
    return bool(single and is_sure(ink) and is_clean(ink) and not is_wide(filled(marks)))


def is_clean(ink: np.ndarray) -> bool:
    """Whether there is next to no ink beside the marks: not so in fog, shadow or texture."""
    beside = ink[mark_mask(ink) == 0]
    return beside.size == 0 or float(beside.mean()) < CLEAN


def scale_ink(darkness: np.ndarray) -> np.ndarray:
    """Grey levels below the paper, uint8 (h, w) → ink, float32 (h, w) in [0, 1].

    Full ink is the level that three quarters of the inked pixels don't pass, so that the core of
    a pencil stroke counts as much as that of a marker. All zero when nothing stands out.
    """
    threshold = int(cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])
    counts = cv2.calcHist([darkness], [0], None, [256], [0, 256]).ravel()
    counts[: threshold + 1] = 0
    full = float(np.searchsorted(np.cumsum(counts), 0.75 * counts.sum()))
    if full < MIN_CONTRAST:
        return np.zeros(darkness.shape, np.float32)
    return np.minimum(darkness.astype(np.float32) / np.float32(full), np.float32(1))


def within_band(ink: np.ndarray) -> np.ndarray:
    """The digit that a band leaves out, in the colour of the paper; the ink, if there is no band.

    It runs from one edge of the picture to the opposite one; the digit's ends that reach beyond it
    have its colour.
    """
    marks = mark_mask(ink)
    band = _band(marks) | _band(marks.T).T
    if not band.any():
        return ink
    digit = np.where(band == 1, 1 - ink, ink)
    digit_marks = mark_mask(digit)
    high = cv2.boundingRect(digit_marks)[3] >= AS_HIGH * cv2.boundingRect(marks)[3]
    return digit if high and is_wide(band) and not is_wide(digit_marks) else ink


def _band(marks: np.ndarray) -> np.ndarray:
    """The band between one stretch of the upper edge and the same of the lower, as marks."""
    band = np.zeros_like(marks)
    if marks[0].any() and np.array_equal(marks[0], marks[-1]):
        left, right = np.flatnonzero(marks[0])[[0, -1]]
        band[:, left : right + 1] = marks[0, left : right + 1].all()
    return band
