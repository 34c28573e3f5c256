"""Corrections: what visitors and API callers say a picture shows, kept with their consent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model import DigitRecognizer
    from digit_model.corrections import CorrectionStore

NO_CONSENT = "Nothing was kept: it takes the sender's consent."


def keep_correction(
    recognizer: DigitRecognizer,
    store: CorrectionStore,
    picture: bytes | Path,
    label: str,
    *,
    consent: object,
) -> dict[str, str]:
    """Keep one picture and its true label, beside what the recogniser had said; the receipt.

    Raises:
        ImageError: the picture can't be read.
        ValueError: there is no such label, or the consent is anything but True.
        OSError: the disk won't take it.
    """
    if consent is not True:
        raise ValueError(NO_CONSENT)
    prediction = recognizer.predict(picture)
    return store.add(picture, label, prediction=prediction, model=model_of(recognizer))


def model_of(recognizer: DigitRecognizer) -> dict[str, str | None]:
    """Which weights gave an answer."""
    return {
        "id": recognizer.id,
        "revision": recognizer.revision,
        "sha256": recognizer.sha256,
    }
