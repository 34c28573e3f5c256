"""What is raised for a picture that can't be read."""

from __future__ import annotations


class ImageError(ValueError):
    """A picture that can't be read. ``str(error)`` is one sentence that says what is wrong."""


class TooManyPixelsError(ImageError):
    """It has more pixels than it may have here; nothing of it has been decoded."""
