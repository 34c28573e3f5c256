"""Pictures on their way between server and browser, as `data:image/png;base64,…` addresses."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING, Any

from PIL import Image

if TYPE_CHECKING:
    import numpy as np

PNG, JPEG = "data:image/png;base64,", "data:image/jpeg;base64,"
MAX_PICTURE = 1 << 20  # characters of a data URL; the page's own pictures have fewer
SMALL = 100_000  # bytes; what is larger as PNG is a photograph, and goes as JPEG
QUALITY = 90


def picture_bytes(data_url: Any, longest: int = MAX_PICTURE) -> bytes:
    """The bytes in a `data:image/png;base64,…` address; ValueError, in one sentence, without."""
    head, comma, text = data_url.partition(",") if isinstance(data_url, str) else ("", "", "")
    if not (comma and head.startswith("data:image/") and head.endswith(";base64")):
        raise ValueError(f"The picture has to be an address that begins with {PNG}.")
    if len(data_url) > longest:
        raise ValueError(f"The picture is too large: {len(data_url)} characters in base64.")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("The picture is not valid base64.") from error


def data_url(pixels: np.ndarray) -> str:
    """A picture, uint8 RGB (H, W, 3), for the browser."""
    picture = Image.fromarray(pixels)
    content = encode(picture, "PNG")
    if len(content) <= SMALL:
        return PNG + base64.b64encode(content).decode()
    return JPEG + base64.b64encode(encode(picture, "JPEG", quality=QUALITY)).decode()


def encode(picture: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()
