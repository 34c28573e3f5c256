"""Serve the web page and its API: draw a digit, or upload a picture of one.

    python app.py                               # on the weights in weights/
    python app.py --model my_weights --port 8080
    python app.py --model user/repo@v1.0        # weights from the Hub
    python app.py --share                       # with a public link
    python app.py --mcp                         # with tools for language models

The page calls the recogniser. It handles no tensors and does no image processing.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from page.server import limits
from page.server.options import parse_options
from page.server.upload_folder import open_upload_folder

# Importing gradio and torch takes seconds, so functions import them, after the options are checked.
if TYPE_CHECKING:
    import gradio as gr

    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient

CORRECTIONS = Path("corrections")  # below the folder where the app is started
EXIT_SECONDS = 3.8  # for all that ends after the server


def build_demo(
    recognizer: RecognizerClient,
    store: CorrectionStore | None = None,
    allowed: limits.Limits | None = None,
) -> gr.Blocks:
    """The page and its public endpoints.

    Args:
        recognizer: reads the pictures.
        store: takes the corrections that visitors agree to share; by default ./corrections.
        allowed: how much one caller may take; by default, what app.py allows without options.
    """
    import gradio as gr

    from digit_model.correction_store import CorrectionStore
    from page.batch_tab import add_batch_tab
    from page.draw_tab import add_draw_tab
    from page.endpoints import add_endpoints
    from page.model_tab import add_model_tab
    from page.privacy_tab import add_privacy_tab
    from page.ten_digits_tab import add_ten_digits_tab

    store = store or CorrectionStore(CORRECTIONS)
    allowed = allowed or limits.Limits()
    with gr.Blocks(title="Handwritten digits", analytics_enabled=False) as demo:
        gr.HTML("<h1>Which digit is it?</h1>", elem_id="intro")
        with gr.Tabs(overflow_behavior="wrap", elem_id="tabs"):
            with gr.Tab("Draw"):
                add_draw_tab(recognizer, store, allowed)
            with gr.Tab("Many pictures"):
                add_batch_tab(recognizer, allowed)
            with gr.Tab("Ten digits"):
                add_ten_digits_tab(recognizer, store)
            with gr.Tab("Model"):
                add_model_tab(recognizer.model)
            with gr.Tab("Help & privacy"):
                add_privacy_tab(store, allowed)
        add_endpoints(recognizer, store, allowed)
    return demo


@contextlib.contextmanager
def correction_store(where: str | None, allowed: limits.Limits) -> Iterator[CorrectionStore]:
    """The store for corrections: in the folder `where`, or uploaded to that data set on the Hub."""
    from digit_model.correction_store import CorrectionLimits, CorrectionStore
    from digit_model.hub.names import locate_dataset

    bounds = CorrectionLimits(
        sender=allowed.max_visitor_corrections,
        run_bytes=allowed.max_run_corrections_mb * 1_000_000,
        all_bytes=allowed.max_corrections_mb * 1_000_000,
    )
    place = CORRECTIONS if where is None else locate_dataset(where)
    if isinstance(place, Path):
        yield CorrectionStore(place, limits=bounds)
        return
    from digit_model.hub.correction_upload import open_correction_store

    with open_correction_store(str(place), limits=bounds) as store:
        yield store


def exit_on_signal(*_: object) -> NoReturn:
    # What still waits then, such as a library's thread for the Hub, is left behind.
    last_resort = threading.Timer(EXIT_SECONDS, os._exit, [0])
    last_resort.daemon = True
    last_resort.start()
    sys.unraisablehook = exit_again
    sys.exit(0)


def exit_again(ignored: sys.UnraisableHookArgs) -> None:
    """Python ignores an exit within a callback of its own, such as at the end of an import, and
    tells of it: the signal comes once more, a moment later.
    """
    if ignored.exc_type is SystemExit:
        threading.Timer(0.05, os.kill, [os.getpid(), signal.SIGTERM]).start()
    else:
        sys.__unraisablehook__(ignored)


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    gc.disable()  # until it serves: while libraries are imported, there is no garbage to find
    # torch reads this when it is imported. Requests run in parallel; a second thread within one
    # saves a fraction of a millisecond on an idle machine and costs many on a busy one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not options.mcp:  # gradio imports mcp if it is installed, which takes half a second
        sys.modules.setdefault("mcp", None)  # type: ignore[arg-type]  # None: as if it were not installed
    from digit_model import ModelError
    from digit_model.files import describe
    from digit_model.model_folder import FIGURES
    from digit_model.serving.client import WorkerClient

    # So that workers end, files are removed and corrections are uploaded. While it serves, the
    # server answers what is in flight before it passes these on.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, exit_on_signal)
    allowed = limits.from_options(options)
    try:
        with (
            contextlib.closing(
                WorkerClient(
                    options.model, workers=options.workers, max_file_mb=allowed.max_upload_mb
                )
            ) as recognizer,
            open_upload_folder(
                max_mb=allowed.max_temp_mb, minutes=allowed.max_temp_minutes
            ) as uploads,
        ):
            from page.server.import_gradio import import_gradio

            import_gradio()  # takes seconds, in which the worker imports torch
            from page.server.launch import serve
            from page.server.monitoring import Monitoring

            model = recognizer.load()
            if model.notice:
                print(f"* {model.notice}", flush=True)
            with correction_store(options.corrections, allowed) as store:
                demo = build_demo(recognizer, store, allowed)
                figures = model.folder / FIGURES
                serve(demo, figures, Monitoring(recognizer), uploads, allowed, options)
    except (ModelError, OSError) as error:
        print(f"app.py: {describe(error)}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
