"""Parts of an upright picture, in fractions of its width and height."""

import cv2
import numpy as np

Crop = tuple[float, float, float, float]  # left, top, width and height


def fractions(window: tuple[int, int, int, int], shape: tuple[int, ...]) -> Crop:
    """A window's left, top, right and bottom in a picture of this shape, in pixels, as a part."""
    left, top, right, bottom = window
    rows, columns = shape[:2]
    return left / columns, top / rows, (right - left) / columns, (bottom - top) / rows


def boxes_in_picture(boxes: np.ndarray, shape: tuple[int, ...], crop: Crop) -> np.ndarray:
    """Left, top, right and bottom, (n, 4), from pixels of a part to fractions of the picture.

    The part has this shape, of which each pixel may be several of the picture.
    """
    sides, corner, size = shape[1::-1], crop[:2], crop[2:]
    return np.asarray(np.tile(corner, 2) + boxes / np.tile(sides, 2) * np.tile(size, 2))


def square_in_picture(
    square: tuple[float, float, float], shape: tuple[int, ...], crop: Crop
) -> Crop:
    """A square's left, top and side likewise; it may reach beyond the picture."""
    left, top, side = square
    corners = np.array([[left, top, left + side, top + side]])
    x, y, right, bottom = boxes_in_picture(corners, shape, crop)[0].tolist()
    return x, y, right - x, bottom - y


def part_of(picture: np.ndarray, crop: Crop, shape: tuple[int, ...]) -> np.ndarray:
    """A part of a picture, (H, W) or (H, W, 3), in as many pixels as this shape has."""
    rows, columns = picture.shape[:2]
    sides = columns, rows, columns, rows
    left, top, width, height = (
        round(share * side) for share, side in zip(crop, sides, strict=True)
    )
    part = picture[top : top + height, left : left + width]
    return np.asarray(cv2.resize(part, shape[1::-1], interpolation=cv2.INTER_AREA))
