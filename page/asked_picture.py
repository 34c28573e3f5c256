"""The picture that a visitor asks about: what was read, or one digit of a number alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PIL import Image

from page.caller import unless_caller_leaves
from page.data_url import decode_data_url, image_file

if TYPE_CHECKING:
    from digit_model.serving.client import RecognizerClient


async def asked_picture(recognizer: RecognizerClient, request: dict[str, Any]) -> bytes:
    """An image file.

    Args:
        recognizer: read the number.
        request: `picture`, a data URL, and of a digit of a number its `box`, as in
            `number_answer`; else None, or nothing.

    Raises:
        ValueError: it is no picture, or nothing is read there.
    """
    picture, box = decode_data_url(request.get("picture")), request.get("box")
    if box is None:
        return picture
    alone = await unless_caller_leaves(recognizer.cut_out(picture, box))
    return image_file(Image.fromarray(alone), "PNG")
