"""An upright RGB picture → ink: which pixels were written."""

from digit_model.ink.extract import FindInk, Ink, extract_ink

__all__ = ["FindInk", "Ink", "extract_ink"]
