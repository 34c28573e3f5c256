"""Any picture, from a path to a Gradio editor's value → an upright uint8 RGB array.

Files come from strangers: :mod:`.structure` refuses those whose parts would take long,
:mod:`.pixels` handles what is decoded in tiles, and a large JPEG is shrunk while it is decoded.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
from PIL import AvifImagePlugin, Image, UnidentifiedImageError

from digit_model.decode.errors import ImageError, TooManyPixelsError
from digit_model.decode.heif import decode_heic, is_heic
from digit_model.decode.pixels import Box, Pixels, of_array, of_picture, shrink_rest, to_rgb
from digit_model.decode.quiet import without_warnings
from digit_model.decode.structure import MAX_EXIF_BYTES, check_structure

__all__ = [
    "MAX_PIXELS",
    "WORK_SIDE",
    "ImageError",
    "ImageInput",
    "TooManyPixelsError",
    "decode",
    "decode_with_factor",
]

# Pixels. The recogniser works on pictures of at most this longer side. Larger ones are shrunk by a
# whole factor, to half of it at least: a digit of 15 % of that keeps 48 pixels, and the digit
# network sees 20.
WORK_SIDE = 640
MAX_PIXELS = 64 * 2**20  # 8192 x 8192: a 64-megapixel phone photograph
MAX_FILE_BYTES = 600 * 2**20  # so many pixels of four numbers of 16 bits are 512 times 2**20
# Raster formats that people draw and photograph with. Pillow's EPS reader would run Ghostscript on
# a user's file; its ICO reader decodes before the size is known; JPEG 2000 takes seconds and
# gigabytes for 64 megapixels.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "PPM")
ORIENTATION = 0x0112  # the tag in EXIF
# Its values by which the file's left edge, or its upper one, comes to the right or to the bottom.
LEFT_IS_LAST, TOP_IS_LAST = (2, 3, 7, 8), (3, 4, 6, 7)
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

# A JPEG that is to become smaller by this factor or more is shrunk while it is decoded.
MIN_DRAFT_FACTOR = 4

ImageInput = str | Path | bytes | Image.Image | np.ndarray | Mapping[str, Any]

# One core for a stranger's file.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


class Opened(NamedTuple):
    """A picture whose pixels are decoded, as it is in its file.

    Attributes:
        pixels: a JPEG's may be fewer than its header says.
        width, height: in pixels, by the header.
        orientation: the EXIF tag, 1 to 8.
    """

    pixels: Pixels
    width: int
    height: int
    orientation: int = 1


def decode(
    image: ImageInput, *, max_side: int | None = None, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
    """Read a picture and apply its EXIF rotation.

    Args:
        image: a path, the bytes of a file, a PIL image, a numpy array of shape (H, W),
            (H, W, 1), (H, W, 2: grey and alpha), (H, W, 3) or (H, W, 4), bool, integer, or float
            (in [0, 1] or [0, 255]), or the value of a Gradio image editor (a mapping with
            "composite", "layers", "background"). The first frame of an animation is used.
        max_side: pixels. A picture with a longer side is shrunk to it, by the smallest whole
            factor that does so; up to factor - 1 pixels at the right and at the bottom are cut off.
            This needs much less memory than to shrink the result.
        max_pixels: of the picture as it is in the file. Half as many for AVIF, HEIC that is
            transparent or of more than eight bits, rotated TIFF, progressive CMYK in JPEG, and WebP
            that is lossless or transparent, which take twice the memory; a quarter for animated
            WebP.

    Returns:
        uint8 array (H, W, 3), sRGB, upright. A transparent picture is composited on a colour that
        contrasts with its visible part.

    Raises:
        TooManyPixelsError: it has more than ``max_pixels``, which is an ImageError. The file's
            header says so, before any pixel is decoded.
        ImageError: not a picture, damaged, empty, or with more parts than pictures have.
    """
    return decode_with_factor(image, max_side=max_side, max_pixels=max_pixels)[0]


def decode_with_factor(
    image: ImageInput, *, max_side: int | None = None, max_pixels: int = MAX_PIXELS
) -> tuple[np.ndarray, int]:
    """As :func:`decode`, with the factor by which the picture was shrunk, 1 or more."""
    # Warnings of large pictures, which are refused here, and of damaged tags, would fill a log.
    with without_warnings():
        try:
            if isinstance(image, np.ndarray) and _is_rgb(image, max_side, max_pixels):
                return image, 1
            if isinstance(image, Mapping):
                opened = _flatten_editor_value(image, max_pixels)
            else:
                opened = _open(image, max_side, max_pixels)
            factor = _factor(opened.width, opened.height, max_side)
            return _upright(opened, factor), factor
        except ImageError:
            raise
        except Image.DecompressionBombError as error:
            raise TooManyPixelsError(_too_large_message(max_pixels)) from error
        except MemoryError as error:
            raise ImageError("The picture is too large for this machine's memory.") from error
        except Exception as error:  # Pillow's decoders raise almost anything on a damaged file
            raise ImageError("The picture is damaged or cut short, so it can't be read.") from error


def _is_rgb(array: np.ndarray, max_side: int | None, max_pixels: int) -> bool:
    """Whether there is nothing to do, as with pictures that were decoded before."""
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        return False
    _check_array(array, max_pixels)
    is_mask = array.max() <= 1
    return not is_mask and _factor(array.shape[1], array.shape[0], max_side) == 1


def _open(image: Any, max_side: int | None, max_pixels: int) -> Opened:
    """Anything but an editor's value, its pixels decoded."""
    if isinstance(image, np.ndarray):
        array = _check_array(image, max_pixels)
        return Opened(of_array(array), array.shape[1], array.shape[0])
    if isinstance(image, Image.Image):
        _check_size(image.width, image.height, max_pixels)
        image.load()
        return Opened(of_picture(image), image.width, image.height, _orientation(image))
    if isinstance(image, str | Path):
        image = read_file(Path(image))
    if not isinstance(image, bytes):
        raise ImageError(f"A picture was expected, not a value of type {type(image).__name__}.")
    return _open_file(image, max_side, max_pixels)


def _open_file(content: bytes, max_side: int | None, max_pixels: int) -> Opened:
    if is_heic(content):
        array = decode_heic(content, lambda w, h, share: _check_size(w, h, max_pixels // share))
        return Opened(of_array(array), array.shape[1], array.shape[0])
    picture = _read_header(content)
    width, height = picture.size
    _check_size(width, height, max_pixels // _memory_share(picture, content))
    if picture.format == "WEBP" and not getattr(picture, "is_animated", False):
        # Pillow would keep four copies of it.
        orientation, has_alpha = _orientation(picture), picture.mode == "RGBA"
        picture.close()
        del picture
        return Opened(of_array(_decode_webp(content, has_alpha)), width, height, orientation)
    factor = _factor(width, height, max_side)
    # Phones put a second picture behind a JPEG's own, such as one of depths: an MPO.
    if picture.format in ("JPEG", "MPO") and factor >= MIN_DRAFT_FACTOR:
        # By half of the factor at most, so that the rest is still averaged.
        scale = 1 << (factor // 2).bit_length() - 1
        picture.draft(None, (max(1, width // scale), max(1, height // scale)))
    picture.load()
    return Opened(of_picture(picture), width, height, _orientation(picture))


def read_file(path: Path) -> bytes:
    """The content of a picture's file.

    Raises:
        ImageError: it can't be read, or no picture that is read is as large.
    """
    name = path.name or path  # the working folder's is empty
    try:
        if path.exists() and not path.is_file():  # a device has no end, a pipe perhaps no beginning
            raise ImageError(f"The file {name} can't be read: it is no regular file.")
        if path.stat().st_size > MAX_FILE_BYTES:
            raise ImageError(f"The file {name} is too large for a picture.")
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise ImageError(f"The file {name} can't be read: {reason}.") from error
    except ImageError:
        raise
    except ValueError as error:  # a NUL byte in the name
        raise ImageError("The file can't be read: its name is not valid.") from error


def _read_header(content: bytes) -> Image.Image:
    """The picture in a file; its pixels are not decoded yet."""
    if not content:
        raise ImageError("The file is empty.")
    check_structure(content)
    try:
        picture = Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(_unreadable_message(content)) from error
    # Such as run-length encoded BMP: 20 seconds for what takes the others one.
    if any(tile[0] in Image.DECODERS for tile in picture.tile):
        raise ImageError(
            f"This kind of {picture.format} file is not read; send a PNG, JPEG, GIF, WebP or TIFF."
        )
    return picture


def _memory_share(picture: Image.Image, content: bytes) -> int:
    """By how much less memory other pictures of that size are decoded."""
    if picture.format == "WEBP":
        if getattr(picture, "is_animated", False):
            return 4
        return 2 if picture.mode == "RGBA" or content[12:16] == b"VP8L" else 1
    is_turned = getattr(picture, "tag_v2", {}).get(ORIENTATION, 1) != 1  # Pillow turns a TIFF
    # libjpeg keeps all coefficients of a progressive JPEG, two bytes each.
    is_wide = picture.mode == "CMYK" and "progressive" in picture.info
    return 2 if is_turned or is_wide or picture.format == "AVIF" else 1


def _decode_webp(content: bytes, has_alpha: bool) -> np.ndarray:
    """uint8 (H, W, 3) or, with transparency, (H, W, 4)."""
    unturned_rgb = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    mode = cv2.IMREAD_UNCHANGED if has_alpha else unturned_rgb
    array = np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), mode))
    return cv2.cvtColor(array, cv2.COLOR_BGRA2RGBA, dst=array) if has_alpha else array


def _orientation(picture: Image.Image) -> int:
    """The EXIF tag, 1 to 8. With a damaged EXIF block the picture is still readable, unrotated."""
    exif, text = picture.info.get("exif", b""), picture.info.get("Raw profile type exif", "")
    if max(len(exif), len(text) // 2) > MAX_EXIF_BYTES:
        return 1
    with contextlib.suppress(Exception):
        orientation = picture.getexif().get(ORIENTATION, 1)
        return orientation if orientation in TRANSPOSITIONS else 1
    return 1


def _factor(width: int, height: int, max_side: int | None) -> int:
    return 1 if max_side is None else max(1, -(-max(width, height) // max_side))


def _upright(opened: Opened, factor: int) -> np.ndarray:
    """RGB, shrunk by this factor."""
    pixels, width, height, orientation = opened
    cut_left, cut_top = orientation in LEFT_IS_LAST, orientation in TOP_IS_LAST
    if (pixels.width, pixels.height) == (width, height):
        rgb = to_rgb(pixels, factor, cut_left=cut_left, cut_top=cut_top)
    else:  # a JPEG, shrunk already by less than that
        rgb = to_rgb(pixels, 1)
        rgb = shrink_rest(rgb, (width, height), factor, cut_left=cut_left, cut_top=cut_top)
    if orientation == 1:
        return rgb
    return np.asarray(Image.fromarray(rgb).transpose(TRANSPOSITIONS[orientation]))


def _unreadable_message(content: bytes) -> str:
    head = content[:1024].lstrip().lower()
    if b"<svg" in head:
        return "This is an SVG drawing; please send a PNG or JPEG picture of it."
    return "This file is not a picture that can be read; send a PNG, JPEG, HEIC, GIF, WebP or TIFF."


def _too_large_message(max_pixels: int) -> str:
    return f"The picture is too large: more than {round(max_pixels / 2**20)} megapixels."


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise ImageError("The picture is empty: it has no pixels.")
    if width * height > max_pixels:
        raise TooManyPixelsError(_too_large_message(max_pixels))


def _flatten_editor_value(value: Mapping[str, Any], max_pixels: int) -> Opened:
    """The picture in a Gradio editor's value: its composite, or else its layers composited."""
    composite, layers = value.get("composite"), value.get("layers")
    if composite is not None:
        return _open(composite, None, max_pixels)
    canvas = None
    for sheet in (value.get("background"), *(layers if isinstance(layers, list | tuple) else ())):
        if sheet is None:
            continue
        picture = _open_layer(sheet, max_pixels)
        if canvas is None:
            canvas = picture
        elif picture.size == canvas.size:
            canvas.alpha_composite(picture)
        else:
            raise ImageError("The layers of the drawing differ in size.")
    if canvas is None:
        raise ImageError("The drawing is empty: it has neither a background nor a layer.")
    return Opened(of_picture(canvas), *canvas.size)


def _open_layer(sheet: Any, max_pixels: int) -> Image.Image:
    """One layer of a drawing, upright, RGBA."""
    pixels, width, height, orientation = _open(sheet, None, max_pixels)
    picture = pixels.read(Box(0, 0, width, height)).convert("RGBA")
    return picture if orientation == 1 else picture.transpose(TRANSPOSITIONS[orientation])


def _check_array(array: np.ndarray, max_pixels: int) -> np.ndarray:
    """The array as (H, W) or (H, W, 2…4); ImageError if its shape or size is wrong."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2 and not (array.ndim == 3 and 2 <= array.shape[2] <= 4):
        raise ImageError(f"An array of shape {array.shape} is not a picture.")
    _check_size(array.shape[1], array.shape[0], max_pixels)
    return array
