"""Which weights gave an answer, as the API and the corrections name them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digit_model.serving.worker import ModelInfo


def model_info(model: ModelInfo) -> dict[str, str | None]:
    """Id and revision of the weights, and the sha256 of the digit network's."""
    return {"id": model.id, "revision": model.revision, "sha256": model.hashes.sha256}
