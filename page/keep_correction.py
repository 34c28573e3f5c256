"""Corrections: what visitors and API callers say a picture shows, kept with their consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from digit_model.reading import read

if TYPE_CHECKING:
    from digit_model import DigitRecognizer
    from digit_model.correction_store import CorrectionStore

NO_CONSENT = "Nothing was kept: it takes the sender's consent."


def keep_correction(
    recognizer: DigitRecognizer,
    store: CorrectionStore,
    image: str | bytes,
    label: str,
    *,
    consent: object,
) -> dict[str, str]:
    """Keep one picture, a file's path or its bytes, with its true label; the receipt.

    Beside it is kept what the recogniser had said.

    Raises:
        ImageError: the picture can't be read.
        ValueError: there is no such label, or the consent is anything but True.
        OSError: the disk won't take it.
    """
    if consent is not True:
        raise ValueError(NO_CONSENT)
    picture, prediction, _ = read(recognizer, image)
    return store.add(picture, label, prediction=prediction, model=model_of(recognizer))


def model_of(recognizer: DigitRecognizer) -> dict[str, str | None]:
    """Which weights gave an answer."""
    return {
        "id": recognizer.id,
        "revision": recognizer.revision,
        "sha256": recognizer.sha256,
    }
