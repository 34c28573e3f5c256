"""A handwritten-digit recogniser for the digits people really draw and photograph."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digit_model.decode import ImageError
    from digit_model.prediction import Prediction
    from digit_model.recognizer import DigitRecognizer
    from digit_model.weights import ModelError

__all__ = ["DigitRecognizer", "ImageError", "ModelError", "Prediction"]

_MODULES = {
    "DigitRecognizer": "recognizer",
    "ImageError": "decode",
    "ModelError": "weights",
    "Prediction": "prediction",
}


def __getattr__(name: str) -> Any:
    """Import torch, which takes seconds, when something asks for it (PEP 562).

    A command line that is wrong is refused at once, and a name's rules need no torch.
    """
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
