"""Errors that the API and the page show to their callers."""

import gradio as gr


def user_error(sentence: str) -> gr.Error:
    """An error that shows its sentence to the caller and leaves no traceback in the log."""
    return gr.Error(sentence, print_exception=False)
