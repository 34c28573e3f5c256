"""HEIC, which iPhones write: HEIF files with HEVC in them, read by libheif."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from digit_model.decode.errors import ImageError

BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}
SHARED_BRANDS = {b"mif1", b"msf1"}  # of HEIF with any coding; AVIF names itself besides
MISSING = "This is an HEIC photograph: install pillow-heif to read it, or send it as JPEG or PNG."


def is_heic(content: bytes) -> bool:
    """Whether the file says that it is one."""
    if content[4:8] != b"ftyp":
        return False
    others = content[16 : int.from_bytes(content[:4], "big")][:256]
    return content[8:12] in BRANDS or (content[8:12] in SHARED_BRANDS and b"avi" not in others)


def decode_heic(content: bytes, check_size: Callable[[int, int, int], None]) -> np.ndarray:
    """The pixels of the file's primary picture, upright: libheif turns it, whatever its EXIF says.

    Args:
        content: the file.
        check_size: called with the header's width, height and by how much less memory pictures of
            eight bits without transparency are decoded, before any pixel is; raises if they are
            too large. libheif refuses a file whose pixels are more than its header says.

    Returns:
        uint8 (H, W), (H, W, 3) or, with transparency, (H, W, 4); a grey one may be uint16.

    Raises:
        ImageError: this machine has no pillow-heif.
    """
    try:
        import pillow_heif
    except ModuleNotFoundError as error:  # its wheels are GPL, so the package does without
        raise ImageError(MISSING) from error
    pillow_heif.options.DECODE_THREADS = 1  # one core for a stranger's file
    pillow_heif.options.THUMBNAILS = pillow_heif.options.AUX_IMAGES = False
    pillow_heif.options.DEPTH_IMAGES = False
    picture = pillow_heif.open_heif(content, convert_hdr_to_8bit=True)
    is_plain = picture.mode == "RGB" and picture.info["bit_depth"] == 8
    width, height = picture.size
    check_size(width, height, 1 if is_plain else 2)
    return np.asarray(picture)
