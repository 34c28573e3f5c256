"""An upright RGB picture → ink, 1 = ink, 0 = paper.

Shrink the picture, project it on the colour axis along which ink and paper differ, separate ink
from paper (:mod:`digit_model.ink.sheet`), and in a photograph remove what isn't handwriting
(:mod:`digit_model.ink.marks`). This module doesn't import torch.
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

# Pixels. Pictures are first shrunk to this longer side: a digit of 15 % of the side keeps 96
# pixels, nearly five times as many as the network sees.
WORK_SIDE = 640
MIN_PHOTOGRAPH_SIDE = 48  # pixels, shorter side; smaller pictures aren't treated as photographs
# Pixels. Small photographs are enlarged to at least this longer side, because the edges of shadows
# and printed lines are only detected if they are several pixels wide.
MIN_PHOTOGRAPH_LONG_SIDE = 200
DENOISE_SIGMA = 0.0025  # of the Gaussian blur, as a fraction of the picture's longer side
# Share of the global ink, see written_ink(), that has to be local ink too for it to be used.
MIN_AGREEMENT = 0.7


def extract_ink(rgb: np.ndarray) -> np.ndarray:
    """Find the ink of one digit.

    Args:
        rgb: uint8 (H, W, 3), upright; dark ink on light paper or light on dark.

    Returns:
        float32 (h, w) in [0, 1], all zero when there is no ink. The picture has its own size or is
        shrunk to a longer side of ``WORK_SIDE``, a drawing with large ink even more; a small
        photograph is enlarged.
    """
    grey = contrast_axis(shrink(rgb))
    if is_drawing(grey):
        ink = drawing_ink(grey)
        return within_label(ink)
    if min(grey.shape) < MIN_PHOTOGRAPH_SIDE:
        return drop_frame(sheet_ink(grey))
    factor = -(-MIN_PHOTOGRAPH_LONG_SIDE // max(grey.shape))
    if factor > 1:
        grey = cv2.resize(grey, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    return photograph_ink(grey)


def photograph_ink(grey: np.ndarray) -> np.ndarray:
    """Ink in a photograph: uint8 (h, w) → float32 (h, w) in [0, 1].

    If there is a sheet on a darker background, only the ink on the sheet is used. Printed lines are
    removed. Of several groups of marks, the one that is most likely the digit is kept.
    """
    grey = drop_blemishes(cv2.GaussianBlur(grey, (0, 0), DENOISE_SIGMA * max(grey.shape)))
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
    """Ink under any illumination: uint8 (h, w) → float32 (h, w) in [0, 1].

    Global ink, relative to the brightness of the whole sheet, is right for strokes of any width but
    may include shadows, sheets and tables. Local ink, relative to the surroundings of a pixel,
    excludes shadows but misses the inside of wide strokes. Global ink is used in clear cases and
    where local ink agrees with it.
    """
    ink, strokes = drop_frame(sheet_ink(grey)), drop_frame(local_ink(grey))
    marks, lines = mark_mask(ink), mark_mask(strokes)
    if is_plain(grey, marks, lines):
        return ink
    if not lines.any():
        # A region from the edge without strokes is a shadow or uneven light on blank paper.
        empty = is_region(ink) and comes_from_edge(ink)
        return strokes if empty else ink
    if is_wide(lines):
        return ink
    if not marks.any() or is_region(ink):
        return strokes
    if agreement(ink, strokes) >= MIN_AGREEMENT:
        return drop_others(ink, strokes)
    return ink if are_holes(strokes, ink) else strokes


def shrink(rgb: np.ndarray) -> np.ndarray:
    """Shrink a picture, uint8 (H, W, 3), to a longer side of at most ``WORK_SIDE``.

    By a whole factor, which is three times as fast as by a fraction; up to factor - 1 pixels at the
    right and at the bottom are cut off.
    """
    factor = -(-max(rgb.shape) // WORK_SIDE)
    if factor <= 1:
        return rgb
    rows, columns = (max(1, side // factor) for side in rgb.shape[:2])
    cropped = rgb[: rows * factor, : columns * factor]
    return cv2.resize(cropped, (columns, rows), interpolation=cv2.INTER_AREA)


def contrast_axis(rgb: np.ndarray) -> np.ndarray:
    """uint8 (h, w, 3) → grey, uint8 (h, w): the first principal component of the colours.

    Unlike luminance, it shows yellow ink on white paper and red ink on green (PCA: Pearson, 1901).
    Its sign is such that brighter colours stay brighter.
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
    # Scaled by the range of possible values, not of the picture's values, to 0…255.
    low, high = 255.0 * np.minimum(axis, 0).sum(), 255.0 * np.maximum(axis, 0).sum()
    return cv2.convertScaleAbs(projected - low, alpha=255.0 / (high - low))
