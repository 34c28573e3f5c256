"""A flat picture, such as a drawing or a clean scan, → its ink: paper and ink of one level each."""

import cv2
import numpy as np

from digit_model.ink.marks import SOFT_EDGE, border, filled, is_wide, mark_mask

MIN_CONTRAST = 10.0  # grey levels between ink and paper; with less the sheet counts as blank
# Share of the two most frequent grey levels above which a picture is a drawing.
TWO_COLOURS = 0.6
# Share of the third most frequent of levels of so many grey levels; soft edges have less.
THIRD_LEVEL, LEVEL = 0.04, 16
# Mean ink over a solid mark, and over the paper around it.
INKED, CLEAN = 0.8, 0.05
# Pixels, longer side of a drawing's ink: more don't make the digit of 20 pixels any sharper.
ENOUGH_PIXELS = 80


def is_drawing(grey: np.ndarray) -> bool:
    """Whether nearly all is plain paper and plain ink; a lens or a scanner spreads the levels."""
    counts = histogram(grey[:: _step(grey), :: _step(grey)])
    return float(np.sort(counts)[-2:].sum() / counts.sum()) >= TWO_COLOURS


def has_third_level(grey: np.ndarray) -> bool:
    """Whether a drawing shows more than paper and ink, such as the window that it is in."""
    counts = histogram(grey[:: _step(grey), :: _step(grey)] // LEVEL)
    return float(np.sort(counts)[-3] / counts.sum()) > THIRD_LEVEL


def drawing_ink(grey: np.ndarray, enough_pixels: int = ENOUGH_PIXELS) -> np.ndarray:
    """Ink on paper of a single grey level: uint8 (H, W) → float32 (h, w) in [0, 1].

    Large ink is averaged down by a factor that leaves it more than ``enough_pixels`` long.
    """
    threshold, bright = _otsu(grey)
    if int(grey.max()) <= threshold:
        return np.zeros(grey.shape, np.float32)
    if not paper_is_bright(bright):
        grey, bright, threshold = cv2.bitwise_not(grey), 1 - bright, 254 - threshold
    counts = histogram(grey[:: _step(grey), :: _step(grey)])
    counts[: int(threshold) + 1] = 0
    box = np.array(cv2.boundingRect(1 - bright))
    factor = max(1, box[2:].max() // enough_pixels)
    if factor > 1:
        size = (max(1, grey.shape[1] // factor), max(1, grey.shape[0] // factor))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        box = box // factor
    left, top, width, height = box
    # The rim of grey around ink is a pixel or two wide, or as wide as a pixel of a small picture
    # that was enlarged.
    margin = SOFT_EDGE + max(width, height) // 10
    area = (
        slice(max(0, top - margin), top + height + margin),
        slice(max(0, left - margin), left + width + margin),
    )
    ink = np.zeros(grey.shape, np.float32)
    paper = np.full_like(grey[area], counts.argmax())
    ink[area] = scale_ink(cv2.subtract(paper, grey[area]))
    return ink


def _otsu(grey: np.ndarray) -> tuple[float, np.ndarray]:
    """Otsu's threshold (1979) and the class above it: uint8 (h, w), 1 = brighter."""
    return cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)


def _step(grey: np.ndarray) -> int:
    """Distance, in pixels, between samples that are enough to know a picture's levels."""
    return max(1, max(grey.shape) // 64)


def histogram(grey: np.ndarray) -> np.ndarray:
    """How often each grey level occurs in uint8 pixels: int64 (256,)."""
    return np.bincount(grey.ravel(), minlength=256)


def paper_is_bright(bright: np.ndarray) -> bool:
    """Tell the paper from the ink among the two classes of a thresholded picture.

    Args:
        bright: uint8 (h, w), 1 in the brighter class, 0 in the darker.

    Returns:
        Whether the bright class is the paper. Paper is what lies along the border, in the
        corners, covers most of the sheet and holds the widest disc that no ink crosses; each
        is a share in [0, 1], and their mean decides, so that ink touching the border, a thick
        marker, or a tight crop sways one of them and not the verdict.
    """
    corners = bright[[0, 0, -1, -1], [0, -1, 0, -1]]
    sampled = np.ascontiguousarray(bright[:: _step(bright), :: _step(bright)])
    # Radius of the largest disc inside each class; beyond the picture counts as inside.
    widest = [cv2.distanceTransform(side, cv2.DIST_L2, 3).max() for side in (sampled, 1 - sampled)]
    shares = [
        border(bright).mean(),
        corners.mean(),
        sampled.mean(),
        widest[0] / (sum(widest) or 1.0),
    ]
    return float(np.mean(shares)) >= 0.5


def is_solid_stroke(ink: np.ndarray) -> bool:
    """Whether ink is one mark, all inked, on clean paper, and keeps off the picture's edge.

    So is a square bar that a wide pen has drawn, which the network misses. Shadows are not, and
    sheets on a table are wider than any pen's stroke.
    """
    marks = mark_mask(ink)
    return bool(
        cv2.connectedComponents(marks)[0] == 2
        and not border(marks).any()
        and not is_wide(filled(marks), in_picture=False)
        and ink[marks == 1].mean() > INKED
        and is_clean(ink)
    )


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
    if counts.sum() == 0:
        return np.zeros(darkness.shape, np.float32)
    full = float(np.searchsorted(np.cumsum(counts), 0.75 * counts.sum()))
    if full < MIN_CONTRAST:
        return np.zeros(darkness.shape, np.float32)
    return np.minimum(darkness.astype(np.float32) / np.float32(full), np.float32(1))
