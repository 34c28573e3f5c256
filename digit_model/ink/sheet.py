"""One grey picture → the ink on its sheet, by the paper's brightness at each place.

:func:`drawing_ink` is for paper of a single level, :func:`sheet_ink` for light that changes
smoothly over the whole sheet.
"""

import cv2
import numpy as np

from digit_model.ink.marks import SOFT_EDGE, border, keep_digit, mark_mask

# Ink and paper must differ by this many grey levels (of 255), and by this many standard
# deviations of the paper's own texture, or the sheet counts as blank.
MIN_CONTRAST = 10.0
MIN_CONTRAST_SIGMAS = 4.5
# Share of the two most frequent grey levels above which a picture is a drawing.
TWO_COLOURS = 0.6
# Share of the third most frequent of levels of so many grey levels; soft edges have less.
THIRD_LEVEL, LEVEL = 0.04, 16
# Pixels, longer side of a drawing's ink: more don't make the digit of 20 pixels any sharper.
ENOUGH_PIXELS = 80
# A sheet whose middle half of paper pixels spans no more grey levels than this is even.
EVEN = 2
# Share of the grey levels' variance that two classes explain when a picture is ink on even paper;
# a plain gradient has 0.75, Gaussian noise 0.64, drawings and scans above 0.85.
TWO_LEVELS = 0.8

# A wide pen's ink is so many times as much as was found; its part that is not soft edge; the part
# of the strokes found that lies on it; and what its levels span, as a fraction of its contrast with
# the paper that lies between these two distances (sides of a square, in pixels).
WIDER = 1.25
CORE = 0.3
STROKES_ON = 0.9
ONE_LEVEL = 0.5
BESIDE = (7, 15)


def is_drawing(grey: np.ndarray) -> bool:
    """Whether nearly all is plain paper and plain ink; a lens or a scanner spreads the levels."""
    counts = histogram(grey[:: _step(grey), :: _step(grey)])
    return float(np.sort(counts)[-2:].sum() / counts.sum()) >= TWO_COLOURS


def has_third_level(grey: np.ndarray) -> bool:
    """Whether a drawing shows more than paper and ink, such as the window that it is in."""
    counts = histogram(grey[:: _step(grey), :: _step(grey)] // LEVEL)
    return float(np.sort(counts)[-3] / counts.sum()) > THIRD_LEVEL


def drawing_ink(grey: np.ndarray) -> np.ndarray:
    """Ink on paper of a single grey level: uint8 (H, W) → float32 (h, w) in [0, 1].

    Large ink is averaged down by a factor that leaves it more than ``ENOUGH_PIXELS`` long.
    """
    threshold, bright = _otsu(grey)
    if int(grey.max()) <= threshold:
        return np.zeros(grey.shape, np.float32)
    if not paper_is_bright(bright):
        grey, bright, threshold = cv2.bitwise_not(grey), 1 - bright, 254 - threshold
    counts = histogram(grey[:: _step(grey), :: _step(grey)])
    counts[: int(threshold) + 1] = 0
    box = np.array(cv2.boundingRect(1 - bright))
    factor = max(1, box[2:].max() // ENOUGH_PIXELS)
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
    ink[area] = keep_digit(scale_ink(cv2.subtract(paper, grey[area]), texture=0.0))
    return ink


def sheet_ink(grey: np.ndarray) -> np.ndarray:
    """Ink on a sheet whose brightness changes smoothly: uint8 (h, w) → float32 (h, w) in [0, 1]."""
    threshold, bright = _otsu(grey)
    if not _has_two_levels(grey, threshold):
        # Light and shadow vary as much as ink and paper do: take them out first.
        surface, _ = paper_surface(grey, np.ones_like(grey))
        grey = cv2.addWeighted(grey, 1.0, surface, -1.0, 128.0)
        threshold, bright = _otsu(grey)
    if int(grey.max()) <= threshold:
        return np.zeros(grey.shape, np.float32)
    if not paper_is_bright(bright):
        grey, bright = cv2.bitwise_not(grey), 1 - bright
    surface, texture = paper_surface(grey, bright)
    return keep_digit(scale_ink(cv2.subtract(surface, grey), texture))


def whole_strokes(grey: np.ndarray, strokes: np.ndarray) -> np.ndarray:
    """The ink of a wide pen of which only the edges were found; other strokes as they are.

    It is a single mark, of one grey level, that keeps off the picture's edge, with all strokes on
    it: not a shadow, which has the digit's level in it, nor a sheet, which has strokes within.

    Args:
        grey: uint8 (h, w), the picture.
        strokes: float32 (h, w) in [0, 1], the ink found in it; of the same shape is the result.
    """
    ink = sheet_ink(grey)
    marks, found = mark_mask(ink), mark_mask(strokes)
    if (
        cv2.connectedComponents(marks)[0] != 2
        or border(marks).any()
        or marks.sum() < WIDER * found.sum()
        or (found & marks).sum() < STROKES_ON * found.sum()
    ):
        return strokes
    core = cv2.erode(marks, np.ones((SOFT_EDGE + 1,) * 2, np.uint8)).astype(bool)
    near, far = (cv2.dilate(marks, np.ones((side,) * 2, np.uint8)) for side in BESIDE)
    beside = far > near
    if core.sum() <= CORE * marks.sum() or not beside.any():
        return strokes
    low, level, high = np.percentile(grey[core], [1, 50, 99])
    tolerance = ONE_LEVEL * abs(level - np.median(grey[beside]))
    same_pen = abs(np.median(grey[found == 1]) - level) < tolerance
    return ink if same_pen and high - low < tolerance else strokes


def _otsu(grey: np.ndarray) -> tuple[float, np.ndarray]:
    """Otsu's threshold (1979) and the class above it: uint8 (h, w), 1 = brighter."""
    return cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)


def _has_two_levels(grey: np.ndarray, threshold: float) -> bool:
    """Whether the classes explain the grey levels: Otsu's η, on a sample of the pixels."""
    counts = histogram(grey[:: _step(grey), :: _step(grey)])
    shares = counts / counts.sum()
    levels = np.arange(256.0)
    cut = int(threshold) + 1
    bright = shares[cut:].sum()
    if bright in (0.0, 1.0):
        return True
    mean = shares @ levels
    gap = shares[cut:] @ levels[cut:] / bright - shares[:cut] @ levels[:cut] / (1 - bright)
    return bright * (1 - bright) * gap**2 >= TWO_LEVELS * (shares @ (levels - mean) ** 2)


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


def paper_surface(grey: np.ndarray, paper: np.ndarray) -> tuple[np.ndarray, float]:
    """Brightness of the paper at each place, also under the ink, where it can't be seen.

    An even sheet is one level. Otherwise a quadratic surface is fitted to the pixels that look
    like paper, then fitted again without those that differ from it by more than the paper's
    own texture.

    Args:
        grey: uint8 (h, w), ink darker than paper.
        paper: uint8 (h, w), 1 where a first guess says paper.

    Returns:
        The surface, uint8 (h, w), and the paper's texture, a standard deviation in grey levels.
    """
    height, width = grey.shape
    step = _step(grey)
    samples, keep = grey[::step, ::step], paper[::step, ::step].astype(bool)
    if not keep.any():
        samples, keep, step = grey, paper.astype(bool), 1
    counts = np.cumsum(histogram(samples[keep]))
    low, middle, high = np.searchsorted(counts, counts[-1] * np.array([0.25, 0.5, 0.75]))
    if high - low <= EVEN:
        return np.full(grey.shape, middle, np.uint8), 0.0
    samples = samples.astype(np.float32)
    y, x = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
    terms = _quadratic(x / width - 0.5, y / height - 0.5)
    surface, texture = np.full(samples.shape, middle, np.float32), float(high - low)
    for _ in range(4):
        if keep.sum() < 24:  # pixels; fewer don't settle six coefficients
            break
        # The normal equations: six by six, a hundred times faster than the tall system.
        square, right = terms[keep].T @ terms[keep], terms[keep].T @ samples[keep]
        weights, *_ = np.linalg.lstsq(square, right, rcond=None)
        surface = terms @ weights
        residual = np.abs(samples - surface)
        texture = 1.4826 * float(np.median(residual[keep]))
        keep = residual < 3.0 * texture + 2.0
    surface = np.clip(np.rint(surface), 0, 255).astype(np.uint8)
    return cv2.resize(surface, (width, height), interpolation=cv2.INTER_LINEAR), texture


def _quadratic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def scale_ink(darkness: np.ndarray, texture: float) -> np.ndarray:
    """Grey levels below the paper, uint8 (h, w) → ink, float32 (h, w) in [0, 1].

    Full ink is the level that three quarters of the inked pixels don't pass, so that the core of
    a pencil stroke counts as much as that of a marker. All zero when nothing stands out of the
    paper's ``texture`` (a standard deviation, grey levels).
    """
    threshold = int(cv2.threshold(darkness, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)[0])
    counts = cv2.calcHist([darkness], [0], None, [256], [0, 256]).ravel()
    counts[: threshold + 1] = 0
    if counts.sum() == 0:
        return np.zeros(darkness.shape, np.float32)
    full = float(np.searchsorted(np.cumsum(counts), 0.75 * counts.sum()))
    if full < max(MIN_CONTRAST, MIN_CONTRAST_SIGMAS * texture):
        return np.zeros(darkness.shape, np.float32)
    floor = min(2.0 * texture, 0.5 * full)
    ink = darkness.astype(np.float32)
    ink -= np.float32(floor)
    ink *= np.float32(1.0 / (full - floor))
    return np.clip(ink, 0.0, 1.0, out=ink)
