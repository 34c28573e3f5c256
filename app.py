"""Serve the web page and its API: draw a digit, or upload a picture of one.

    python app.py                               # on the weights in weights/
    python app.py --model my_weights --port 8080
    python app.py --model user/repo@v1.0        # weights from the Hub
    python app.py --share                       # with a public link
    python app.py --mcp                         # with tools for language models

The page calls the recogniser. It handles no tensors and does no image processing.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from digit_model.cli.arguments import Parser, whole_number

# Importing gradio and torch takes seconds, so functions import them, after the options are checked.
if TYPE_CHECKING:
    import gradio as gr

    from digit_model.correction_store import CorrectionStore
    from digit_model.serving.client import RecognizerClient
    from page.monitoring import Monitoring

EXAMPLES = Path(__file__).parent / "examples"
ICON = str(Path(__file__).parent / "page" / "icon.png")
CORRECTIONS = Path("corrections")  # below the folder where the app is started
MAX_UPLOAD_MB = 50
MAX_THREADS = 8  # of Gradio's, in this process: pictures are decoded in the workers
UPLOAD_SECONDS = 3600  # how long uploaded pictures stay on the server's disk
SHARE_TIMEOUT_SECONDS = 20  # for a public link

YES, NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}  # in the environment


def build_demo(recognizer: RecognizerClient, store: CorrectionStore | None = None) -> gr.Blocks:
    """The page and its public endpoints.

    Args:
        recognizer: reads the pictures.
        store: takes the corrections that visitors agree to share; by default ./corrections.
    """
    import gradio as gr

    from digit_model.correction_store import CorrectionStore
    from page.batch_tab import add_batch_tab
    from page.draw_tab import add_draw_tab
    from page.endpoints import add_endpoints
    from page.model_tab import add_model_tab
    from page.privacy_tab import add_privacy_tab

    store = store or CorrectionStore(CORRECTIONS)
    with gr.Blocks(
        title="Handwritten digits",
        analytics_enabled=False,
        delete_cache=(UPLOAD_SECONDS, UPLOAD_SECONDS),
    ) as demo:
        gr.HTML("<h1>Which digit is it?</h1>", elem_id="intro")
        with gr.Tabs(overflow_behavior="wrap", elem_id="tabs"):
            with gr.Tab("Draw"):
                add_draw_tab(recognizer, store)
            with gr.Tab("Many pictures"):
                add_batch_tab(recognizer)
            with gr.Tab("Model"):
                add_model_tab(recognizer.model)
            with gr.Tab("Privacy"):
                add_privacy_tab(store, UPLOAD_SECONDS)
        add_endpoints(recognizer, store)
    return demo


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """Options from the command line, else from the environment.

    Bad input ends the process with exit status 2 and one sentence.
    """
    environment = os.environ.get
    parser = Parser(
        prog="app.py",
        description="Serve the digit recogniser: a page to draw on, and an API.",
        epilog="In brackets: the environment variable that sets the same, and the default.",
    )
    parser.add_argument(
        "--model",
        metavar="FOLDER|user/repo[@revision]",
        default=environment("DIGIT_MODEL") or published_model(),
        help="folder with the weights to serve, or a repository on the Hub with a branch, tag or "
        "commit of it [DIGIT_MODEL, weights/ beside app.py]",
    )
    parser.add_argument(
        "--corrections",
        metavar="user/dataset",
        default=environment("DIGIT_CORRECTIONS") or None,
        help="data set on the Hub that gets the corrections people agree to share; a folder, such "
        "as ./corrections, keeps them on this machine [DIGIT_CORRECTIONS, ./corrections]",
    )
    parser.add_argument(
        "--share",
        action="store_true",
        help="ask gradio.live for a public link, good for a week [DIGIT_SHARE=1, no]",
    )
    parser.add_argument(
        "--host",
        metavar="H",
        default=environment("GRADIO_SERVER_NAME") or "127.0.0.1",
        help="address to listen at; 0.0.0.0 lets other machines in [GRADIO_SERVER_NAME, 127.0.0.1]",
    )
    parser.add_argument(
        "--port",
        metavar="P",
        type=whole_number(1, 65_535),
        default=environment("GRADIO_SERVER_PORT") or None,
        help="port to listen at [GRADIO_SERVER_PORT, the first free one from 7860]",
    )
    parser.add_argument(
        "--workers",
        metavar="N",
        type=whole_number(1, 256),
        default=environment("DIGIT_WORKERS") or None,
        help="processes that recognise drawings; others read files "
        "[DIGIT_WORKERS, one for each core, at most 8]",
    )
    parser.add_argument(
        "--max-upload-mb",
        metavar="N",
        type=whole_number(1, 10_000),
        default=environment("DIGIT_MAX_UPLOAD_MB") or str(MAX_UPLOAD_MB),
        help=f"largest file to accept, in megabytes [DIGIT_MAX_UPLOAD_MB, {MAX_UPLOAD_MB}]",
    )
    parser.add_argument(
        "--mcp",
        action="store_true",
        help="offer the API as tools for language models, by the Model Context Protocol "
        "[DIGIT_MCP=1, no]",
    )
    options = parser.parse_args(arguments)
    for switch in ("share", "mcp"):
        name = f"DIGIT_{switch.upper()}"
        value = environment(name, "").lower()
        if value not in YES | NO:
            parser.error(f"{name} has to be 1 or 0, not {value!r}")
        setattr(options, switch, getattr(options, switch) or value in YES)
    if options.mcp and importlib.util.find_spec("mcp") is None:
        parser.error("--mcp needs the package mcp, which requirements.txt lists")
    try:
        check_address(options.host, options.port)
    except OSError as error:
        where = options.host if options.port is None else f"port {options.port} of {options.host}"
        parser.error(f"can't listen at {where}: {error.strerror}")
    return options


def published_model() -> str | None:
    """The model in model.txt, which `python -m digit_model publish-space --model` writes."""
    file = Path(__file__).parent / "model.txt"
    return file.read_text(encoding="utf-8").strip() if file.is_file() else None


def check_address(host: str, port: int | None) -> None:
    """Raises OSError if the server could not listen there, before anything slow is imported."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def serve(demo: gr.Blocks, monitoring: Monitoring, options: argparse.Namespace) -> None:
    """Serve until interrupted."""
    from starlette.middleware import Middleware

    from page.closed_routes import ClosedRoutes
    from page.shared_session import SharedSession
    from page.theme import CSS, paper_theme

    demo.launch(
        server_name=options.host,
        server_port=options.port,
        max_file_size=f"{options.max_upload_mb}mb",
        max_threads=MAX_THREADS,
        theme=paper_theme(),
        css_paths=CSS,
        footer_links=["api"],
        allowed_paths=[str(EXAMPLES)],
        show_error=True,  # callers learn what is wrong with their request
        share=False,  # public_link() below asks for a link
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        pwa=True,  # browsers can install the page as an app
        favicon_path=ICON,
        mcp_server=options.mcp,
        app_kwargs={
            "routes": monitoring.routes,
            "middleware": [
                *monitoring.middleware,
                Middleware(ClosedRoutes),
                Middleware(SharedSession),
            ],
        },
        quiet=True,
        prevent_thread_lock=True,
    )
    print(f"* Running on local URL:  {str(demo.local_url).rstrip('/')}", flush=True)
    if options.mcp:
        print(f"* Running as an MCP server: {demo.local_url}gradio_api/mcp/", flush=True)
    if options.share:
        # launch(share=True) may wait for a minute, and prints six lines when it fails.
        link = public_link(demo)
        if link:
            print(f"* Running on public URL: {link}", flush=True)
        else:
            print("* No public link: gradio.live could not be reached.", flush=True)
    demo.block_thread()


def public_link(demo: gr.Blocks) -> str | None:
    """The public address of the running demo; None without one in SHARE_TIMEOUT_SECONDS."""
    from gradio import networking

    links: list[str] = []

    def open_tunnel() -> None:
        with contextlib.suppress(Exception):
            links.append(
                networking.setup_tunnel(
                    demo.server_name, demo.server_port, demo.share_token, None, None
                )
            )

    thread = threading.Thread(target=open_tunnel, daemon=True)
    thread.start()
    thread.join(SHARE_TIMEOUT_SECONDS)
    return links[0].replace("http://", "https://") if links else None


@contextlib.contextmanager
def correction_store(where: str | None) -> Iterator[CorrectionStore]:
    """The store for corrections: in the folder `where`, or uploaded to that data set on the Hub."""
    from digit_model.correction_store import CorrectionStore

    if where is None:
        yield CorrectionStore(CORRECTIONS)
        return
    from digit_model.hub.correction_upload import open_correction_store

    with open_correction_store(where) as store:
        yield store


def exit_on_signal(*_: object) -> NoReturn:
    sys.exit(0)


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    # torch reads this when it is imported. Requests run in parallel; a second thread within one
    # saves a fraction of a millisecond on an idle machine and costs many on a busy one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if not options.mcp:  # gradio imports mcp if it is installed, which takes half a second
        sys.modules.setdefault("mcp", None)  # type: ignore[arg-type]  # None: as if it were not installed
    from digit_model import ModelError
    from digit_model.serving.client import RecognizerClient

    # So that workers end, files are removed and corrections are uploaded.
    signal.signal(signal.SIGTERM, exit_on_signal)
    try:
        with contextlib.closing(
            RecognizerClient(options.model, workers=options.workers)
        ) as recognizer:
            import gradio  # noqa: F401  # takes seconds, in which the worker imports torch

            from page.monitoring import Monitoring

            model = recognizer.load()
            if model.notice:
                print(f"* {model.notice}", flush=True)
            with correction_store(options.corrections) as store:
                serve(build_demo(recognizer, store), Monitoring(recognizer), options)
    except (ModelError, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
