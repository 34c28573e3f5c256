"""Start Gradio's server, with the middleware that every request passes first."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.middleware import Middleware

from page.server.closed_routes import ClosedRoutes
from page.server.server_functions import server_function_routes
from page.server.shared_session import SharedSession
from page.theme import CSS, paper_theme

if TYPE_CHECKING:
    import argparse

    import gradio as gr

    from page.server.limits import Limits
    from page.server.monitoring import Monitoring

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ICON = str(ROOT / "page" / "icon.png")
MAX_THREADS = 8  # of Gradio's, in this process: pictures are decoded in the workers
SHARE_TIMEOUT_SECONDS = 20  # for a public link


def serve(
    demo: gr.Blocks, monitoring: Monitoring, limits: Limits, options: argparse.Namespace
) -> None:
    """Serve until interrupted."""
    demo.launch(
        server_name=options.host,
        server_port=options.port,
        max_file_size=f"{limits.max_upload_mb}mb",
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
            "routes": [*monitoring.routes, *server_function_routes(demo)],
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
