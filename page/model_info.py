"""Which weights gave an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model import DigitRecognizer


def model_info(recognizer: DigitRecognizer) -> dict[str, str | None]:
    """The weights' `id`, a folder or a repository; `revision`, None for a folder; and `sha256`."""
    return {
        "id": recognizer.id,
        "revision": recognizer.revision,
        "sha256": recognizer.sha256,
    }
