"""An upright RGB picture → ink: which pixels were written, 1 = ink, 0 = paper.

Four questions, one function each: along which colour axis do ink and paper differ
(:func:`contrast_axis`), which side of a threshold is the paper (:func:`paper_is_bright`), how
bright is the paper at each place (:func:`paper_surface`), and which specks are not part of the
digit (:func:`keep_digit`). Knows nothing of torch.
"""

import cv2
import numpy as np

# Pictures are shrunk to this longest side, in pixels, first: a digit of 15 % of the side keeps
# 96 pixels, nearly five times what the network sees, and a 12-megapixel photograph costs little.
WORK_SIDE = 640
# Ink and paper must differ by this many grey levels (of 255), and by this many standard
# deviations of the paper's own texture, or the sheet counts as blank.
MIN_CONTRAST = 10.0
MIN_CONTRAST_SIGMAS = 6.0
# A sheet whose middle half of paper pixels spans no more grey levels than this is even.
EVEN = 2
# Share of the grey levels' variance that two classes explain when a picture is ink on even paper;
# a plain gradient has 0.75, Gaussian noise 0.64, drawings and scans above 0.85.
TWO_LEVELS = 0.8
# Width, in pixels, of the grey rim that anti-aliasing or a lens puts around ink.
SOFT_EDGE = 4
# Ink below this fraction of full ink does not count as a mark when the digit is cut out.
MARK = 0.3
# Components smaller than this fraction of the largest one's area are dust, wherever they lie.
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


def extract_ink(rgb: np.ndarray) -> np.ndarray:
    """Find the ink of one digit.

    Args:
        rgb: uint8 (H, W, 3), upright; dark ink on light paper or light on dark.

    Returns:
        float32 (h, w) in [0, 1]: the picture at its own size, or shrunk to a longest side of
        ``WORK_SIDE``. All zero when the sheet is blank.
    """
    grey = contrast_axis(shrink(rgb))
    threshold, bright = _otsu(grey)
    if not _has_two_levels(grey, threshold):
        # Light and shadow vary as much as ink and paper do: take them out first.
        surface, _ = paper_surface(grey, np.ones_like(grey))
        grey = cv2.addWeighted(grey, 1.0, surface, -1.0, 128.0)
        threshold, bright = _otsu(grey)
    ink = np.zeros(grey.shape, np.float32)
    if int(grey.max()) <= threshold:
        return ink
    if not paper_is_bright(bright):
        grey, bright = cv2.bitwise_not(grey), 1 - bright
    surface, texture = paper_surface(grey, bright)
    area = _area_of(1 - bright) if texture == 0 else np.s_[:, :]
    ink[area] = keep_digit(scale_ink(cv2.subtract(surface[area], grey[area]), texture))
    return ink


def _otsu(grey: np.ndarray) -> tuple[float, np.ndarray]:
    """Otsu's threshold (1979) and the class above it: uint8 (h, w), 1 = brighter."""
    return cv2.threshold(grey, 0, 1, cv2.THRESH_BINARY | cv2.THRESH_OTSU)


def _has_two_levels(grey: np.ndarray, threshold: float) -> bool:
    """Whether the classes explain the grey levels: Otsu's η, on a sample of the pixels."""
    step = max(1, max(grey.shape) // 64)
    sample = grey[::step, ::step].astype(np.float32)
    bright = sample > threshold
    share = float(bright.mean())
    if share in (0.0, 1.0):
        return True
    gap = float(sample[bright].mean() - sample[~bright].mean())
    return share * (1 - share) * gap**2 >= TWO_LEVELS * float(sample.var())


def _area_of(mask: np.ndarray) -> tuple[slice, slice]:
    """Slices that cut out the mask's bounding box and the soft rim around it."""
    left, top, width, height = cv2.boundingRect(mask)
    # A rim is a pixel or two wide, or as wide as a pixel of a small picture that was enlarged.
    margin = SOFT_EDGE + max(width, height) // 10
    rows = slice(max(0, top - margin), top + height + margin)
    return rows, slice(max(0, left - margin), left + width + margin)


def shrink(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) → the same picture with a longest side of at most ``WORK_SIDE``."""
    height, width = rgb.shape[:2]
    ratio = WORK_SIDE / max(height, width)
    if ratio >= 1:
        return rgb
    size = (max(1, round(width * ratio)), max(1, round(height * ratio)))
    return cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def contrast_axis(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) → uint8 (h, w): grey along the colour axis in which the picture varies most.

    Luminance hides yellow ink on white paper and red ink on green; the first principal component
    of the colours does not (Pearson, 1901). Brighter stays brighter.
    """
    step = max(1, max(rgb.shape) // 128)
    sample = rgb[::step, ::step]
    red, green, blue = sample[..., 0], sample[..., 1], sample[..., 2]
    if (red == green).all() and (green == blue).all():
        return cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    sample = sample.reshape(-1, 3).astype(np.float32)
    centred = sample - sample.mean(axis=0)
    axis = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    if axis.sum() < 0:
        axis = -axis
    projected = cv2.transform(rgb.astype(np.float32), axis[None].astype(np.float32))
    # Divided by the axis's own reach, so that greys along it stay greys in 0…255.
    low, high = 255.0 * np.minimum(axis, 0).sum(), 255.0 * np.maximum(axis, 0).sum()
    return cv2.convertScaleAbs(projected - low, alpha=255.0 / (high - low))


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
    border = np.concatenate([bright[0], bright[-1], bright[:, 0], bright[:, -1]])
    corners = bright[[0, 0, -1, -1], [0, -1, 0, -1]]
    step = max(1, max(bright.shape) // 64)
    coarse = np.ascontiguousarray(bright[::step, ::step])
    # Radius of the largest disc inside each class; beyond the picture counts as inside.
    widest = [cv2.distanceTransform(side, cv2.DIST_L2, 3).max() for side in (coarse, 1 - coarse)]
    shares = [border.mean(), corners.mean(), coarse.mean(), widest[0] / (sum(widest) or 1.0)]
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
    step = max(1, max(height, width) // 64)
    samples, keep = grey[::step, ::step], paper[::step, ::step].astype(bool)
    if not keep.any():
        samples, keep, step = grey, paper.astype(bool), 1
    ordered = np.sort(samples[keep])
    low, middle, high = ordered[[len(ordered) // 4, len(ordered) // 2, 3 * len(ordered) // 4]]
    if int(high) - int(low) <= EVEN:
        return np.full(grey.shape, middle, np.uint8), 0.0
    samples = samples.astype(np.float32)
    y, x = np.mgrid[0:height:step, 0:width:step].astype(np.float32)
    terms = _quadratic(x / width - 0.5, y / height - 0.5)
    surface, texture = np.full(samples.shape, middle, np.float32), float(high) - float(low)
    for _ in range(4):
        if keep.sum() < 24:  # pixels; fewer don't settle six coefficients
            break
        weights, *_ = np.linalg.lstsq(terms[keep], samples[keep], rcond=None)
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
    levels = np.clip((np.arange(256) - floor) / (full - floor), 0.0, 1.0).astype(np.float32)
    return cv2.LUT(darkness, levels)


def mark_mask(ink: np.ndarray) -> np.ndarray:
    """Where ink counts as a mark: float32 (h, w) in [0, 1] → uint8 (h, w), 0 or 1."""
    return (ink > MARK).view(np.uint8)


def keep_digit(ink: np.ndarray) -> np.ndarray:
    """Drop what is not part of the digit: dust, and specks far from it. Same shape, same range."""
    marks = mark_mask(ink)
    if cv2.connectedComponents(marks)[0] <= 2:  # paper and one mark; a third of the time of …
        return ink
    count, labels, stats, _ = cv2.connectedComponentsWithStats(marks)
    order = 1 + np.argsort(-stats[1:, cv2.CC_STAT_AREA], kind="stable")[:MOST_COMPONENTS]
    left, top, width, height, area = stats[order].T.astype(np.int64)
    side, area = np.maximum(width, height) / max(width[0], height[0]), area / area[0]
    gaps = np.maximum(_gaps(left, left + width), _gaps(top, top + height))
    linked = gaps < NEAR * max(width[0], height[0])
    belongs = np.zeros(len(order), bool)
    belongs[0] = True
    while not np.array_equal(grown := linked[belongs].any(axis=0), belongs):
        belongs = grown
    belongs |= (area >= SPECK_AREA) & (side >= SPECK_SIDE)
    belongs &= area >= DUST_AREA
    if belongs.all() and len(order) == count - 1:
        return ink
    kept = np.zeros(count, np.uint8)
    kept[order[belongs]] = 1
    # The soft edges of what is kept stay, those of what is dropped go with it.
    reach = 2 * SOFT_EDGE + 1
    around = cv2.dilate(kept[labels], np.ones((reach, reach), np.uint8))
    return np.where((around == 1) & ((labels == 0) | (kept[labels] == 1)), ink, np.float32(0))


def _gaps(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """Distances between intervals, pair by pair, (n, n); negative where two overlap."""
    return np.maximum(start[:, None] - end, start - end[:, None])
