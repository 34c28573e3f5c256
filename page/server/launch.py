"""Start the server: Gradio's app, behind what each request passes first."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from page.server.bodies import BodyLimits
from page.server.calls import EXCEPTION_HANDLERS, WellFormedCalls
from page.server.closed_routes import ClosedRoutes
from page.server.connections import Config, Server, allowed_connections
from page.server.forgetting import forgetting
from page.server.load import CallRate, CallsInFlight
from page.server.origins import KnownOrigins, known_names, listed, own_origins
from page.server.proxies import TrustedProxies, trusted_networks
from page.server.public_link import PublicLink
from page.server.request_log import start_logging
from page.server.security_headers import SECURITY_HEADERS
from page.server.server_functions import server_function_routes
from page.server.shared_session import SharedSession
from page.server.upload_room import UploadRoom
from page.theme import CSS, paper_theme

if TYPE_CHECKING:
    import argparse

    from gradio.routes import App

    from page.server.limits import Limits
    from page.server.monitoring import Monitoring
    from page.server.upload_folder import UploadFolder

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
ICON = str(ROOT / "page" / "icon.png")
MAX_THREADS = 8  # of Gradio's, in this process: pictures are decoded in the workers
PORTS = range(7860, 7960)  # the first free one is taken


def serve(
    demo: gr.Blocks,
    figures: Path,
    monitoring: Monitoring,
    uploads: UploadFolder,
    limits: Limits,
    options: argparse.Namespace,
) -> None:
    """Serve until SIGTERM or Ctrl-C; what is in flight then is answered before this returns.

    Args:
        demo: the page.
        figures: the folder of the Model tab's pictures, which need not exist.
        monitoring: its routes are served beside the page.
        limits: what one caller may take.
        options: those of app.py.

    Raises:
        OSError: the address can't be listened at.
    """
    uploads.keep_present()
    start_logging(requests=options.log_requests)
    link = PublicLink()
    app = build_app(demo, figures, monitoring, uploads, limits, options, link)
    sockets = listen(options.host, options.port)
    port = sockets[0].getsockname()[1]
    host = "localhost" if options.host == "0.0.0.0" else options.host
    url = f"http://{host}:{port}"
    if demo.mcp_server_obj is not None:
        demo.mcp_server_obj._local_url = url  # where it sends the calls of tools

    def on_start() -> None:
        print(f"* Running on local URL:  {url}", flush=True)
        if options.mcp:
            print(f"* Running as an MCP server: {url}/gradio_api/mcp/", flush=True)
        if options.share:
            link.open(options.host, port, demo.share_token)

    config = Config(app, allowed_connections(limits.max_connections), SECURITY_HEADERS)
    Server(config, on_start, gradio_app(app).stop_event.set).run(sockets)


def build_app(
    demo: gr.Blocks,
    figures: Path,
    monitoring: Monitoring,
    uploads: UploadFolder,
    limits: Limits,
    options: argparse.Namespace,
    link: PublicLink,
) -> Starlette:
    """Gradio's app with the page, within one that checks each request and has our own routes."""
    origins = own_origins(listed(options.allowed_origins))
    names = known_names(options.host, listed(options.allowed_hosts))
    app = Starlette(
        routes=[
            *monitoring.routes,
            *server_function_routes(demo),
            Mount("/figures", StaticFiles(directory=figures, check_dir=False)),
        ],
        middleware=[
            Middleware(
                TrustedProxies, networks=trusted_networks(options.trusted_proxies), link=link
            ),
            *monitoring.middleware,
            Middleware(KnownOrigins, names=names, origins=origins, link=link),
            # Gradio's own would let any page read the answers.
            Middleware(
                CORSMiddleware, allow_origins=sorted(origins), allow_methods=["GET", "POST"]
            ),
            Middleware(ClosedRoutes),
            Middleware(CallRate, calls_per_minute=limits.max_calls_per_minute),
            Middleware(BodyLimits, limits=limits, mcp=options.mcp),
            Middleware(CallsInFlight, most=limits.max_calls_in_flight),
            Middleware(WellFormedCalls, demo=demo),
            Middleware(SharedSession),
        ],
    )
    # What launch() would set. Gradio checks which files a caller names only for what was launched.
    demo.has_launched = True
    demo.max_threads = MAX_THREADS
    demo.queue(max_size=limits.max_calls_in_flight)
    gr.mount_gradio_app(
        app,  # it uses nothing that FastAPI adds
        demo,
        path="/",
        app_kwargs={
            "exception_handlers": EXCEPTION_HANDLERS,
            "lifespan": forgetting,
            # Here, because Gradio's app answers errors that pass it with status 500.
            "middleware": [Middleware(UploadRoom, folder=uploads)],
        },
        root_path=os.environ.get("GRADIO_ROOT_PATH"),
        max_file_size=f"{limits.max_upload_mb}mb",
        theme=paper_theme(),
        css_paths=CSS,
        footer_links=["api"],
        allowed_paths=[str(EXAMPLES)],
        show_error=True,  # callers learn what is wrong with their request
        ssr_mode=False,
        enable_monitoring=False,
        run_history=False,
        pwa=True,  # browsers can install the page as an app
        favicon_path=ICON,
        mcp_server=options.mcp,
    )
    return app


def gradio_app(app: Starlette) -> App:
    """The app that Gradio has mounted."""
    return app.routes[-1].app  # type: ignore[attr-defined]


def listen(host: str, port: int | None) -> list[socket.socket]:
    """Sockets at each address of the host, at this port or the first free one of PORTS.

    Raises OSError if there is none.
    """
    host = host.strip("[]")
    for candidate in PORTS if port is None else [port]:
        addresses = socket.getaddrinfo(
            host, candidate, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        sockets: list[socket.socket] = []
        try:
            for family, _, _, _, address in addresses:
                sockets.append(socket.create_server(address[:2], family=family))
        except OSError as error:
            for opened in sockets:
                opened.close()
            problem = error
        else:
            return sockets
    raise problem
