"""Pictures in JSON, as data URLs: `data:image/png;base64,…`."""

from __future__ import annotations

import base64
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

PNG_PREFIX = "data:image/png;base64,"
JPEG_PREFIX = "data:image/jpeg;base64,"
MAX_CHARACTERS = 1 << 20  # of a data URL; the page's own ones are shorter
MAX_PNG_BYTES = 100_000  # a larger picture is a photograph, and goes as JPEG
JPEG_QUALITY = 90


def decode_data_url(data_url: Any, max_characters: int = MAX_CHARACTERS) -> bytes:
    """The bytes of the image file in a data URL.

    Raises:
        ValueError: it is no data URL of an image, too long, or not valid base64. The message is one
            sentence.
    """
    head, comma, text = data_url.partition(",") if isinstance(data_url, str) else ("", "", "")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise ValueError(f"The picture has to be a data URL; a PNG begins with {PNG_PREFIX}.")
    if len(data_url) > max_characters:
        raise ValueError(f"The picture is too large: {len(data_url)} characters in base64.")
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise ValueError("The picture is not valid base64.") from error


def encode_data_url(pixels: np.ndarray) -> str:
    """A data URL of a picture, uint8 RGB (H, W, 3)."""
    picture = Image.fromarray(pixels)
    content = image_file(picture, "PNG")
    if len(content) <= MAX_PNG_BYTES:
        return PNG_PREFIX + base64.b64encode(content).decode()
    content = image_file(picture, "JPEG", quality=JPEG_QUALITY)
    return JPEG_PREFIX + base64.b64encode(content).decode()


def image_file(picture: Image.Image, image_format: str, **options: Any) -> bytes:
    """The bytes of an image file in this format of Pillow's, with its options."""
    buffer = io.BytesIO()
    picture.save(buffer, image_format, **options)
    return buffer.getvalue()
