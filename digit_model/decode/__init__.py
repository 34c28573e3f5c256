"""Any picture, from a path to a Gradio editor's value → an upright uint8 RGB array."""

import contextlib
import io
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

# 8192 x 8192: a 64-megapixel phone photograph, and no more than 200 MB once decoded.
MAX_PIXELS = 64 * 2**20
# Raster formats only: Pillow's EPS reader, for example, would run Ghostscript on a user's file.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "JPEG2000", "PPM", "ICO")
# Largest standard deviation, in grey levels, of a visible area that counts as one flat colour.
FLAT_STD = 12.0

ImageInput = str | Path | bytes | Image.Image | np.ndarray | Mapping[str, Any]


class ImageError(ValueError):
    """A picture that can't be read. ``str(error)`` is one sentence that says what is wrong."""


def decode(image: ImageInput) -> np.ndarray:
    """Read a picture and apply its EXIF rotation.

    Args:
        image: a path, the bytes of a file, a PIL image, a numpy array of shape (H, W),
            (H, W, 1), (H, W, 2: grey and alpha), (H, W, 3) or (H, W, 4), bool, integer, or float
            (in [0, 1] or [0, 255]), or the value of a Gradio image editor (a mapping with
            "composite", "layers", "background"). The first frame of an animation is used.

    Returns:
        uint8 array (H, W, 3), sRGB, upright. A transparent picture is composited on a colour that
        contrasts with its visible part.

    Raises:
        ImageError: not a picture, damaged, empty, or larger than ``MAX_PIXELS``; the size is
            checked in the file's header, before any pixel is decoded.
    """
    if isinstance(image, Mapping):
        return _to_rgb(_flatten_editor_value(image))
    if isinstance(image, np.ndarray) and image.ndim == 3 and image.shape[2] == 3:
        return _check_array(image)
    return _to_rgb(_open(image))


def _open(image: Any) -> Image.Image:
    """Anything but an editor's value → an upright PIL image of 8 bits, its pixels decoded."""
    if isinstance(image, np.ndarray):
        return Image.fromarray(_check_array(image))
    if isinstance(image, str | Path):
        image = _read_file(Path(image))
    if not isinstance(image, bytes | Image.Image):
        raise ImageError(f"A picture was expected, not a value of type {type(image).__name__}.")
    try:
        picture = _from_bytes(image) if isinstance(image, bytes) else image
        _check_size(picture.width, picture.height)
        picture.load()
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        raise ImageError(_too_large_message()) from error
    except MemoryError as error:
        raise ImageError("The picture is too large for this machine's memory.") from error
    except Exception as error:  # Pillow's decoders raise almost anything on a damaged file
        raise ImageError("The picture is damaged or cut short, so it can't be read.") from error
    # With a damaged EXIF block the picture is still readable: leave it unrotated.
    with contextlib.suppress(Exception):
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I") or picture.mode == "F":
        picture = Image.fromarray(_to_uint8(np.asarray(picture)))
    return picture


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        reason = error.strerror or "it can't be opened"
        raise ImageError(f"The file {path.name} can't be read: {reason}.") from error
    except ValueError as error:  # a NUL byte in the name
        raise ImageError("The file can't be read: its name is not valid.") from error


def _from_bytes(content: bytes) -> Image.Image:
    """Read the header; the pixels are decoded later."""
    if not content:
        raise ImageError("The file is empty.")
    try:
        with warnings.catch_warnings():
            # Pillow warns about large pictures; _check_size refuses them.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return Image.open(io.BytesIO(content), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise ImageError(_unreadable_message(content)) from error


def _unreadable_message(content: bytes) -> str:
    head = content[:1024].lstrip().lower()
    if b"<svg" in head:
        return "This is an SVG drawing; please send a PNG or JPEG picture of it."
    if head[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftyphevc"):
        return "This is an HEIC photograph; please send it as JPEG or PNG."
    return "This file is not a picture that can be read; send a PNG, JPEG, GIF, WebP, BMP or TIFF."


def _too_large_message() -> str:
    return f"The picture is too large: more than {MAX_PIXELS // 10**6} megapixels."


def _check_size(width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise ImageError("The picture is empty: it has no pixels.")
    if width * height > MAX_PIXELS:
        raise ImageError(_too_large_message())


def _flatten_editor_value(value: Mapping[str, Any]) -> Image.Image:
    """The picture in a Gradio editor's value: its composite, or else its layers composited."""
    composite, layers = value.get("composite"), value.get("layers")
    if composite is not None:
        return _open(composite)
    sheets = [value.get("background"), *(layers if isinstance(layers, list | tuple) else ())]
    pictures = [_open(sheet).convert("RGBA") for sheet in sheets if sheet is not None]
    if not pictures:
        raise ImageError("The drawing is empty: it has neither a background nor a layer.")
    canvas = pictures[0]
    for picture in pictures[1:]:
        if picture.size != canvas.size:
            raise ImageError("The layers of the drawing differ in size.")
        canvas = Image.alpha_composite(canvas, picture)
    return canvas


def _check_array(array: np.ndarray) -> np.ndarray:
    """The array as uint8, (H, W) or (H, W, 2…4); ImageError if its shape or type is wrong."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if array.ndim != 2 and not (array.ndim == 3 and 2 <= array.shape[2] <= 4):
        raise ImageError(f"An array of shape {array.shape} is not a picture.")
    _check_size(array.shape[1], array.shape[0])
    return _to_uint8(array)


def _to_uint8(values: np.ndarray) -> np.ndarray:
    """Scale any number type to 0…255 by the range of the type, not of the values.

    Stretching the picture's own minimum and maximum would turn the noise of a blank sheet into ink.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * 255
    if not np.issubdtype(values.dtype, np.number) or np.issubdtype(
        values.dtype, np.complexfloating
    ):
        raise ImageError(f"An array of type {values.dtype} is not a picture.")
    numbers = np.nan_to_num(values.astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    high = float(numbers.max(initial=0.0))
    # Usual ranges: masks and floats in [0, 1]; 8, 12 and 16 bits; otherwise the maximum. Resampled
    # floats may overshoot their range; these values are clipped.
    tolerance = 1.5 if np.issubdtype(values.dtype, np.floating) else 1.0
    limits = (1.0, 255.0, 4095.0, 65535.0)
    white = next((limit for limit in limits if high <= tolerance * limit), high)
    return np.clip(np.rint(numbers * (255.0 / white)), 0, 255).astype(np.uint8)


def _to_rgb(picture: Image.Image) -> np.ndarray:
    try:
        if picture.has_transparency_data:
            return _composite(picture.convert("RGBA"))
        return np.asarray(picture.convert("RGB"))
    except Exception as error:  # a mode that Pillow can't convert
        raise ImageError(f"A picture of mode {picture.mode} can't be read.") from error


def _composite(picture: Image.Image) -> np.ndarray:
    """Composite an RGBA picture on a plain colour.

    A visible part that is small or of one flat colour is the ink: the background is black or white,
    whichever contrasts. A visible part that fills most of the picture and varies is a sheet of
    paper with ink on it: the background is its median colour.
    """
    if picture.getchannel("A").getextrema()[0] == 255:  # opaque, as a canvas exports it
        return np.asarray(picture.convert("RGB"))
    step = max(1, max(picture.size) // 1024)  # a sample is enough to choose a colour
    sample = np.asarray(picture)[::step, ::step]
    rgb, alpha = sample[..., :3].astype(np.float32), sample[..., 3]
    if alpha.max() == 0:
        matte = (255, 255, 255)
    else:
        luminance = rgb @ np.array([0.299, 0.587, 0.114], np.float32)
        mean = float(np.average(luminance, weights=alpha))
        std = float(np.sqrt(np.average((luminance - mean) ** 2, weights=alpha)))
        if std < FLAT_STD or alpha.mean() < 127:
            matte = (255, 255, 255) if mean < 128 else (0, 0, 0)
        else:
            r, g, b = np.median(rgb[alpha >= 128], axis=0)
            matte = (int(r), int(g), int(b))
    canvas = Image.new("RGB", picture.size, matte)
    canvas.paste(picture, mask=picture.getchannel("A"))
    return np.asarray(canvas)
