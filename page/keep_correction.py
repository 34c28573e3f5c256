"""Corrections: what visitors and API callers say a picture shows, kept with their consent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from page.asked_picture import asked_picture
from page.caller import caller_address, unless_caller_leaves
from page.model_info import model_info

if TYPE_CHECKING:
    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient
    from page.component import ServerFunction

NO_CONSENT = "Nothing was kept: it takes the sender's consent."


async def keep_correction(
    recognizer: RecognizerClient,
    store: CorrectionStore,
    image: str | bytes,
    label: str,
    *,
    consent: object,
) -> dict[str, str]:
    """Keep one picture with its true label, and with the recogniser's own answer.

    Args:
        recognizer: gave the wrong answer.
        store: where the picture is kept.
        image: a file's path or its bytes.
        label: "0" … "9" or "not a digit".
        consent: nothing but True is a consent.

    Returns:
        The receipt, see `CorrectionStore.add`.

    Raises:
        ImageError: the picture can't be read.
        ValueError: there is no such label, or there is no consent.
        CorrectionError: it is one too many, or can't be written.
    """
    if consent is not True:
        raise ValueError(NO_CONSENT)
    picture, prediction, _ = await unless_caller_leaves(recognizer.read_file(image))
    model = model_info(recognizer.model)
    # In a thread: a disk may take its time.
    return await asyncio.to_thread(
        store.add,
        picture,
        label,
        prediction=prediction,
        model=model,
        sender=caller_address(),
    )


def correction_functions(
    recognizer: RecognizerClient, store: CorrectionStore
) -> tuple[ServerFunction, ServerFunction]:
    """What the page's scripts call to keep a correction, and to delete it again.

    The first takes `{"picture", "box", "label", "consent"}`, see :func:`asked_picture`, and returns
    the receipt; the second takes and returns `{"id"}`. They raise what :func:`keep_correction` and
    `CorrectionStore.remove` do.
    """

    async def correct(request: dict[str, Any]) -> dict[str, Any]:
        picture = await asked_picture(recognizer, request)
        label, consent = str(request.get("label")), request.get("consent")
        return await keep_correction(recognizer, store, picture, label, consent=consent)

    async def withdraw(request: dict[str, Any]) -> dict[str, Any]:
        correction_id = str(request.get("id"))
        await asyncio.to_thread(store.remove, correction_id)
        return {"id": correction_id}

    return correct, withdraw
