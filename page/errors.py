"""Errors that the API and the page show to their callers."""

import gradio as gr


class UserError(gr.Error):
    """A `gr.Error` whose text is its sentence; MCP clients get the text, and would get a repr."""

    def __str__(self) -> str:
        return str(self.message)


def user_error(sentence: str) -> gr.Error:
    """An error that shows its sentence to the caller and leaves no traceback in the log."""
    return UserError(sentence, print_exception=False)
