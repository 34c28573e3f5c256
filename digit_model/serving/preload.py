"""What a process imports before workers are forked from it."""

from digit_model.imports import quick_imports

with quick_imports():
    import digit_model.recognizer
    import digit_model.serving.timed  # noqa: F401
