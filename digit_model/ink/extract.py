"""An upright RGB picture → ink: which pixels were written, 1 = ink, 0 = paper.

Shrink, find the colour axis along which ink and paper differ, take the ink off its sheet
(:mod:`digit_model.ink.sheet`), and, in a photograph, leave out what no pen wrote
(:mod:`digit_model.ink.marks`). Knows nothing of torch.
"""

import cv2
import numpy as np

from digit_model.ink.blemishes import drop_blemishes
from digit_model.ink.marks import (
    agreement,
    are_holes,
    comes_from_edge,
    drop_frame,
    drop_others,
    is_region,
    is_wide,
    mark_mask,
    within_label,
)
from digit_model.ink.rulings import drop_rulings
from digit_model.ink.scene import choose_digit, find_sheet
from digit_model.ink.sheet import (
    drawing_ink,
    is_drawing,
    is_plain,
    local_ink,
    paper_surface,
    sheet_ink,
)

# Pictures are shrunk to this longest side, in pixels, first: a digit of 15 % of the side keeps
# 96 pixels, nearly five times what the network sees, and a 12-megapixel photograph costs little.
WORK_SIDE = 640
# Pictures with a shorter side of fewer pixels are no photographs. Small ones are enlarged to this
# longer side at least: a shadow's edge or a printed line must be some pixels wide to be known.
PHOTOGRAPH = 48
SMALLEST_PHOTOGRAPH = 200
# Blur against a sensor's noise, standard deviation as a fraction of the picture's longer side.
SMOOTHING = 0.0025
# Ink that the strokes found by their surroundings bear out to this fraction is all strokes.
BORNE_OUT = 0.7


def extract_ink(rgb: np.ndarray) -> np.ndarray:
    """Find the ink of one digit.

    Args:
        rgb: uint8 (H, W, 3), upright; dark ink on light paper or light on dark.

    Returns:
        float32 (h, w) in [0, 1]: the picture at its own size, or shrunk to a longest side of
        ``WORK_SIDE``, and a drawing with large ink further; a small photograph enlarged. All zero
        when the sheet is blank.
    """
    grey = contrast_axis(shrink(rgb))
    if is_drawing(grey):
        ink = drawing_ink(grey)
        return within_label(ink)
    if min(grey.shape) < PHOTOGRAPH:
        return drop_frame(sheet_ink(grey))
    enlarged = -(-SMALLEST_PHOTOGRAPH // max(grey.shape))
    if enlarged > 1:
        grey = cv2.resize(grey, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
    return photograph_ink(grey)


def photograph_ink(grey: np.ndarray) -> np.ndarray:
    """Ink in a photograph: uint8 (h, w) → float32 (h, w) in [0, 1].

    On the sheet, if one lies on something darker, without its printed lines; of several groups of
    marks, the one that is most likely the digit.
    """
    grey = drop_blemishes(cv2.GaussianBlur(grey, (0, 0), SMOOTHING * max(grey.shape)))
    sheet = find_sheet(grey)
    if sheet is not None:
        surface, _ = paper_surface(grey, sheet)
        left, top, width, height = cv2.boundingRect(sheet)
        area = slice(top, top + height), slice(left, left + width)
        ink = np.zeros(grey.shape, np.float32)
        ink[area] = written_ink(drop_rulings(np.where(sheet == 1, grey, surface)[area]))
        if mark_mask(ink).any():
            return choose_digit(ink)
    return choose_digit(written_ink(drop_rulings(grey)))


def written_ink(grey: np.ndarray) -> np.ndarray:
    """Ink in light of any kind: uint8 (h, w) → float32 (h, w) in [0, 1].

    Ink by the brightness of the whole sheet keeps the inside of a stroke of any width, but takes
    shadows, sheets and tables for ink. Strokes by what lies around them know no shadows, but lose
    the inside of a wide pen's. The sheet's ink stands where it is plain to see, and where the
    strokes bear it out.
    """
    ink, strokes = drop_frame(sheet_ink(grey)), drop_frame(local_ink(grey))
    marks, lines = mark_mask(ink), mark_mask(strokes)
    if is_plain(grey, marks, lines):
        return ink
    if not lines.any():
        # A shadow, or light that falls off, on paper that nobody has written on.
        empty = is_region(ink) and comes_from_edge(ink)
        return strokes if empty else ink
    if is_wide(lines):
        return ink
    if not marks.any() or is_region(ink):
        return strokes
    if agreement(ink, strokes) >= BORNE_OUT:
        return drop_others(ink, strokes)
    return ink if are_holes(strokes, ink) else strokes


def shrink(rgb: np.ndarray) -> np.ndarray:
    """uint8 (H, W, 3) → the same picture with a longest side of at most ``WORK_SIDE``.

    By a whole factor, which is three times as fast as any; up to factor - 1 pixels at the right
    and at the bottom are left out.
    """
    factor = -(-max(rgb.shape) // WORK_SIDE)
    if factor <= 1:
        return rgb
    rows, columns = (max(1, side // factor) for side in rgb.shape[:2])
    whole = rgb[: rows * factor, : columns * factor]
    return cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA)


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
