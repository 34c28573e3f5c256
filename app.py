"""The web page and its API: draw a digit, or hand over a picture of one.

    python app.py                               # on the weights in weights/
    python app.py --model my_weights --port 8080
    python app.py --share                       # with a public link

The page knows a recogniser, but no tensors and no image processing.
"""

from __future__ import annotations

import argparse
import contextlib
import html
import os
import socket
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

# gradio and torch take seconds to import: functions do that, once the command line makes sense.
if TYPE_CHECKING:
    import gradio as gr

    from digit_model import DigitRecognizer

EXAMPLES = Path(__file__).parent / "examples"
MAX_UPLOAD_MB = 50
MAX_THREADS = 8  # a photograph of 64 megapixels takes some 200 MB while it is decoded
KEEP_SECONDS = 3600  # how long uploaded pictures stay on the server's disk
SHARE_SECONDS = 20  # how long to wait for a public link

HINT = "Draw a digit, or choose a picture of one."
YES, NO = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}

# What the browser does with an answer, which has all ten confidences: show k of them. An empty
# label widget has the value {}.
CUT = "(answer, k) => answer ? {...answer, confidences: answer.confidences.slice(0, k)} : {}"
SHOW = f"""(drawing, k) => {{
  const answer = drawing?.answer ?? null;
  return [answer, ({CUT})(answer, k), answer ? answer.note : {HINT!r}];
}}"""

# On a phone the answer is above the pictures, out of sight.
REVEAL = """() => {
  document.querySelector("#label").scrollIntoView({block: "nearest", behavior: "smooth"});
}"""


def build_demo(recognizer: DigitRecognizer) -> gr.Blocks:
    """The page around a recogniser, with the endpoints `/predict` and `/recognize`."""
    import gradio as gr

    from digit_model import ImageError
    from page.answer import full_answer, label_value, note
    from page.endpoints import add_endpoints
    from page.label import DigitLabel
    from page.photo import Photo
    from page.sketchpad import Sketchpad

    private: dict[str, Any] = {
        "queue": False,
        "show_progress": "hidden",
        "api_visibility": "private",
    }

    def answer_drawing(png: bytes) -> dict[str, Any]:
        return full_answer(recognizer.predict(png, top_k=10))

    def answer_photo(file: str | None, k: int) -> tuple[Any, Any, Any, Any]:
        if file is None:
            return gr.skip(), gr.skip(), gr.skip(), gr.skip()
        try:
            prediction = recognizer.predict(file, top_k=10)
        except ImageError as error:  # and away with the file: nothing can be seen of it
            return None, None, None, html.escape(str(error))
        return gr.skip(), full_answer(prediction), label_value(prediction, k), note(prediction)

    with gr.Blocks(
        title="Handwritten digits",
        analytics_enabled=False,
        delete_cache=(KEEP_SECONDS, KEEP_SECONDS),
    ) as demo:
        gr.HTML(
            "<h1>Which digit is it?</h1><p>Draw one: the answer changes as you go.</p>",
            elem_id="intro",
        )
        with gr.Row(elem_id="desk"):
            pad = Sketchpad(answer_drawing, elem_id="pad")
            with gr.Column(elem_id="answer"):
                label = DigitLabel(show_label=False, elem_id="label")
                verdict = gr.HTML(
                    HINT, html_template='<p role="status">${value}</p>', elem_id="verdict"
                )
                top_k = gr.Slider(
                    1, 10, 3, step=1, label="Guesses to show", buttons=[], elem_id="top-k"
                )
        with gr.Row(elem_id="pictures"):
            photo = Photo(label="Or a picture of a digit", height=220, elem_id="photo")
            files = sorted(map(str, [*EXAMPLES.glob("*.png"), *EXAMPLES.glob("*.jpg")]))
            with gr.Column(elem_id="examples", visible=bool(files)):
                gr.HTML("<p>Or one of these</p>")
                with gr.Row():
                    examples = [gr.Button(title(file), icon=file) for file in files]
        # The whole answer stays in the browser, so that another k needs neither drawing nor server.
        whole = gr.JSON(visible=False)

        shown = [whole, label, verdict]
        pad.input(None, [pad, top_k], shown, js=SHOW, **private)
        answered = photo.change(answer_photo, [photo, top_k], [photo, *shown], **private)
        answered.then(None, js=REVEAL, **private)
        photo.clear(None, None, shown, js=f"() => [null, {{}}, {HINT!r}]", **private)
        for button, file in zip(examples, files, strict=True):
            button.click(partial(str, file), None, photo, **private)
            button.keep_in_cache |= button.temp_files  # its icon stays when old files are deleted
        top_k.input(None, [whole, top_k], label, js=CUT, **private)
        add_endpoints(recognizer)
    return demo


def title(file: str) -> str:
    """A file's name as words: "examples/crossed-seven.png" is "Crossed seven"."""
    return Path(file).stem.replace("-", " ").replace("_", " ").capitalize()


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without repeating the usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"app.py: {message}\n")


def parse_options(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line, then the environment; exits with status 2 and a sentence on bad input."""
    environment = os.environ.get
    parser = Parser(
        description="Serve the digit recogniser: a page to draw on, and an API.",
        epilog="In brackets: the environment variable that sets the same, and the default.",
    )
    parser.add_argument(
        "--model",
        metavar="FOLDER",
        default=environment("DIGIT_MODEL") or None,
        help="folder with the weights to serve [DIGIT_MODEL, weights/ beside app.py]",
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
        type=whole_number(65_535),
        default=environment("GRADIO_SERVER_PORT") or None,
        help="port to listen at [GRADIO_SERVER_PORT, the first free one from 7860]",
    )
    parser.add_argument(
        "--max-upload-mb",
        metavar="N",
        type=whole_number(10_000),
        default=environment("DIGIT_MAX_UPLOAD_MB") or str(MAX_UPLOAD_MB),
        help=f"largest file to accept, in megabytes [DIGIT_MAX_UPLOAD_MB, {MAX_UPLOAD_MB}]",
    )
    options = parser.parse_args(arguments)
    share = environment("DIGIT_SHARE", "").lower()
    if share not in YES | NO:
        parser.error(f"DIGIT_SHARE has to be 1 or 0, not {share!r}")
    options.share = options.share or share in YES
    try:
        check_address(options.host, options.port)
    except OSError as error:
        where = options.host if options.port is None else f"port {options.port} of {options.host}"
        parser.error(f"can't listen at {where}: {error.strerror}")
    return options


def whole_number(largest: int) -> Callable[[str], int]:
    """A converter for argparse, which also applies it to defaults from the environment."""

    def convert(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= largest:
            raise argparse.ArgumentTypeError(
                f"has to be a whole number from 1 to {largest}, not {text!r}"
            )
        return int(text)

    return convert


def check_address(host: str, port: int | None) -> None:
    """Raises OSError where the server could not listen, before anything slow is loaded."""
    family, kind, protocol, _, address = socket.getaddrinfo(
        host.strip("[]"), port or 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)


def serve(demo: gr.Blocks, options: argparse.Namespace) -> None:
    """Serve until interrupted."""
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
        share=False,  # see below
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        quiet=True,
        prevent_thread_lock=True,
    )
    print(f"* Running on local URL:  {str(demo.local_url).rstrip('/')}", flush=True)
    if options.share:
        # Not through launch(): it may wait for a minute, and then explain itself in six lines.
        link = public_link(demo)
        if link:
            print(f"* Running on public URL: {link}", flush=True)
        else:
            print("* No public link: gradio.live could not be reached.", flush=True)
    demo.block_thread()


def public_link(demo: gr.Blocks) -> str | None:
    """The address of a tunnel to the running demo, or None if there is none in SHARE_SECONDS."""
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
    thread.join(SHARE_SECONDS)
    return links[0].replace("http://", "https://") if links else None


def main(arguments: list[str] | None = None) -> None:
    options = parse_options(arguments)
    # Read when torch is imported. Requests run beside each other; a second thread within one
    # saves a fraction of a millisecond when the machine is idle and costs many when it isn't.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from digit_model import DigitRecognizer, ModelError

    try:
        serve(build_demo(DigitRecognizer.from_pretrained(options.model)), options)
    except (ModelError, OSError) as error:
        print(f"app.py: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
