"""Decoded pixels of any kind → uint8 RGB, shrunk and composited piece by piece.

A picture of 64 megapixels takes 268 MB once it is decoded. Each further copy would take as much,
so every step here works on tiles of about a megapixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from digit_model.decode.errors import ImageError

TILE_SIDE = 1024  # pixels
# Largest standard deviation, in grey levels, of a visible area that counts as one flat colour.
FLAT_STD = 12.0
# Usual ranges of numbers: masks and floats in [0, 1]; 8, 12 and 16 bits.
WHITES = (1.0, 255.0, 4095.0, 65535.0)


class Box(NamedTuple):
    left: int
    top: int
    right: int
    bottom: int


class Pixels(NamedTuple):
    """A picture, to be had in pieces.

    Attributes:
        width, height: in pixels.
        read: a box of it as a PIL image of 8 bits.
    """

    width: int
    height: int
    read: Callable[[Box], Image.Image]


def of_picture(picture: Image.Image) -> Pixels:
    """The pixels of a PIL image that is loaded, of any mode; a mask's are 0 and 255."""
    width, height = picture.size
    if picture.mode.startswith("I") or picture.mode == "F" or _is_mask(picture):
        return _of_numbers(width, height, lambda box: np.asarray(picture.crop(box)))
    whole = Box(0, 0, width, height)
    return Pixels(width, height, lambda box: picture if box == whole else picture.crop(box))


def _is_mask(picture: Image.Image) -> bool:
    if picture.mode not in ("L", "RGB"):
        return False
    tiles = _tiles(Box(0, 0, *picture.size), TILE_SIDE // 4)  # the first one tells, of nearly all
    return all(np.asarray(picture.crop(box)).max() <= 1 for box in tiles)


def of_array(array: np.ndarray) -> Pixels:
    """The pixels of an array, (H, W) or (H, W, 2…4), of any type of number.

    Raises:
        ImageError: its type is no number's.
    """
    return _of_numbers(
        array.shape[1],
        array.shape[0],
        lambda box: array[box.top : box.bottom, box.left : box.right],
    )


def to_rgb(
    pixels: Pixels, factor: int, *, cut_left: bool = False, cut_top: bool = False
) -> np.ndarray:
    """Composite a picture on a plain colour if it is transparent, and shrink it by averaging.

    Args:
        pixels: the picture.
        factor: how many pixels of a row, and of a column, become one. What is left over of
            the width and the height, up to factor - 1 pixels, is cut off.
        cut_left: cut it off at the left instead of the right.
        cut_top: cut it off at the top instead of the bottom.

    Returns:
        uint8 (H // factor, W // factor, 3), and at least one pixel each way.
    """
    width, height, read = pixels
    columns, rows = max(1, width // factor), max(1, height // factor)
    x = max(0, width - columns * factor) if cut_left else 0
    y = max(0, height - rows * factor) if cut_top else 0
    area = Box(x, y, min(width, x + columns * factor), min(height, y + rows * factor))
    matte = _matte(pixels)
    shrunk = np.empty((rows, columns, 3), np.uint8)
    side = factor * max(1, TILE_SIDE // factor)
    for box in _tiles(area, side):
        rgb = np.asarray(_on_matte(read(box), matte))
        left, top = (box.left - x) // factor, (box.top - y) // factor
        size = max(1, rgb.shape[1] // factor), max(1, rgb.shape[0] // factor)
        if factor > 1:
            rgb = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        shrunk[top : top + size[1], left : left + size[0]] = rgb
    return shrunk


def shrink_rest(
    rgb: np.ndarray, size: tuple[int, int], factor: int, *, cut_left: bool, cut_top: bool
) -> np.ndarray:
    """As :func:`to_rgb`, of a picture that had this width and height and was shrunk by less."""
    columns, rows = (max(1, side // factor) for side in size)
    kept_columns = round(rgb.shape[1] * min(1, columns * factor / size[0]))
    kept_rows = round(rgb.shape[0] * min(1, rows * factor / size[1]))
    rgb = rgb[-kept_rows:] if cut_top else rgb[:kept_rows]
    rgb = rgb[:, -kept_columns:] if cut_left else rgb[:, :kept_columns]
    return cv2.resize(rgb, (columns, rows), interpolation=cv2.INTER_AREA)


def _tiles(area: Box, side: int) -> Iterator[Box]:
    for top in range(area.top, area.bottom, side):
        for left in range(area.left, area.right, side):
            yield Box(left, top, min(left + side, area.right), min(top + side, area.bottom))


def _of_numbers(width: int, height: int, read: Callable[[Box], np.ndarray]) -> Pixels:
    """Numbers of any type, scaled to 0…255 from 0 to the least of ``WHITES`` that none is above.

    Stretching the picture's own minimum and maximum would turn the noise of a blank sheet into ink.
    What is infinite or no number is 0.
    """
    kind = read(Box(0, 0, 1, 1)).dtype
    tiles = list(_tiles(Box(0, 0, width, height), TILE_SIDE))
    if kind == np.uint8 and max(int(read(box).max(initial=0)) for box in tiles) > 1:
        return Pixels(width, height, lambda box: Image.fromarray(np.ascontiguousarray(read(box))))
    if kind == np.bool_:
        return Pixels(width, height, lambda box: Image.fromarray(read(box).astype(np.uint8) * 255))
    if not np.issubdtype(kind, np.number) or np.issubdtype(kind, np.complexfloating):
        raise ImageError(f"An array of type {kind} is not a picture.")
    high = max(float(_finite(read(box)).max(initial=0.0)) for box in tiles)
    # Resampled floats may overshoot their range; these values are clipped.
    tolerance = 1.5 if np.issubdtype(kind, np.floating) else 1.0
    white = next((limit for limit in WHITES if high <= tolerance * limit), high)

    def scaled(box: Box) -> Image.Image:
        grey = np.clip(np.rint(_finite(read(box)) * (255.0 / white)), 0, 255).astype(np.uint8)
        return Image.fromarray(grey)

    return Pixels(width, height, scaled)


def _finite(values: np.ndarray) -> np.ndarray:
    return np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)


def _on_matte(tile: Image.Image, matte: tuple[int, int, int] | None) -> Image.Image:
    if matte is None:
        return tile.convert("RGB")
    tile = tile.convert("RGBA")
    canvas = Image.new("RGB", tile.size, matte)
    canvas.paste(tile, mask=tile.getchannel("A"))
    return canvas


def _matte(pixels: Pixels) -> tuple[int, int, int] | None:
    """The colour to composite a picture on; None if it is opaque.

    A visible part that is small or of one flat colour is the ink: the background is black or white,
    whichever contrasts. A visible part that fills most of the picture and varies is a sheet of
    paper with ink on it: the background is its median colour.
    """
    width, height, read = pixels
    if not read(Box(0, 0, 1, 1)).has_transparency_data:
        return None
    step = max(1, max(width, height) // 1024)  # a sample is enough to choose a colour
    sample = np.empty((-(-height // step), -(-width // step), 4), np.uint8)
    lowest_alpha = 255
    side = step * max(1, TILE_SIDE // step)
    for box in _tiles(Box(0, 0, width, height), side):
        tile = np.asarray(read(box).convert("RGBA"))
        lowest_alpha = min(lowest_alpha, int(tile[..., 3].min()))
        points = tile[::step, ::step]
        y, x = box.top // step, box.left // step
        sample[y : y + points.shape[0], x : x + points.shape[1]] = points
    if lowest_alpha == 255:  # opaque, as a canvas exports it
        return None
    return _contrasting(sample[..., :3].astype(np.float32), sample[..., 3])


def _contrasting(rgb: np.ndarray, alpha: np.ndarray) -> tuple[int, int, int]:
    if alpha.max() == 0:
        return 255, 255, 255
    luminance = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
    mean = float(np.average(luminance, weights=alpha))
    std = float(np.sqrt(np.average((luminance - mean) ** 2, weights=alpha)))
    if std < FLAT_STD or alpha.mean() < 127:
        return (255, 255, 255) if mean < 128 else (0, 0, 0)
    r, g, b = np.median(rgb[alpha >= min(128, alpha.max())], axis=0)
    return int(r), int(g), int(b)
