"""An upright RGB picture → ink: which pixels were written."""

from digit_model.ink.extract import extract_ink, shrink

__all__ = ["extract_ink", "shrink"]
