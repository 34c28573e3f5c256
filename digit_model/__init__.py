"""A handwritten-digit recogniser for the digits people really draw and photograph."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digit_model.decode import ImageError
    from digit_model.model_folder import ModelError
    from digit_model.number.reading import NumberReading
    from digit_model.prediction import Prediction
    from digit_model.recognizer import DigitRecognizer

__all__ = ["DigitRecognizer", "ImageError", "ModelError", "NumberReading", "Prediction"]

_MODULES = {
    "DigitRecognizer": "recognizer",
    "ImageError": "decode",
    "ModelError": "model_folder",
    "NumberReading": "number.reading",
    "Prediction": "prediction",
}


def __getattr__(name: str) -> Any:
    """Import these names on first use (PEP 562): importing torch takes seconds.

    A command line with a mistake in it is refused before torch is imported.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
