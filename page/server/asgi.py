"""The app that is served: Gradio's, behind what each request passes first."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import gradio as gr
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from page.examples import EXAMPLES
from page.server.bodies import BodyLimits
from page.server.calls import EXCEPTION_HANDLERS, WellFormedCalls
from page.server.closed_routes import ClosedRoutes
from page.server.forgetting import forgetting
from page.server.load import CallRate, CallsInFlight
from page.server.origins import KnownOrigins, known_names, own_origins
from page.server.page_head import picture_route, use_own_head
from page.server.proxies import TrustedProxies, listed, trusted_networks
from page.server.server_functions import server_function_routes
from page.server.snippets import use_own_snippets
from page.server.streams import KnownStreams
from page.server.upload_room import UploadRoom
from page.theme import CSS, paper_theme

if TYPE_CHECKING:
    from gradio.queueing import Queue
    from gradio.routes import App

    from page.server.access import Access
    from page.server.limits import Limits
    from page.server.monitoring import Monitoring
    from page.server.public_link import PublicLink
    from page.server.upload_folder import UploadFolder

ROOT = Path(__file__).parents[2]
ICON = str(ROOT / "page" / "icon.png")
QUEUE_SECONDS = 0.005  # between two looks at an empty queue; Gradio looks five times as often
MAX_THREADS = 8  # of Gradio's, in this process: pictures are decoded in the workers


def build_app(
    demo: gr.Blocks,
    *,
    figures: Path,
    monitoring: Monitoring,
    uploads: UploadFolder,
    limits: Limits,
    access: Access,
    link: PublicLink,
    mcp: bool = False,
) -> Starlette:
    """Gradio's app with the page, within one that checks each request and has our own routes.

    Args:
        demo: the page.
        figures: the folder of the Model tab's pictures, which need not exist.
        monitoring: its routes are served beside the page.
        uploads: where Gradio puts them.
        limits: what one caller may take.
        access: who may call.
        link: a public link to this server.
        mcp: whether the API is offered as tools, too.
    """
    # What launch() would set. Gradio checks which files a caller names only for what was launched.
    demo.has_launched = True
    demo.max_threads = MAX_THREADS
    queue = prepared_queue(demo, limits.max_calls_in_flight)
    origins = own_origins(set(listed(access.allowed_origins)))
    names = known_names(access.host, set(listed(access.allowed_hosts)))
    app = Starlette(
        routes=[
            *monitoring.routes,
            *server_function_routes(demo),
            picture_route(),
            Mount("/examples", StaticFiles(directory=EXAMPLES, check_dir=False)),
            *([Mount("/figures", StaticFiles(directory=figures))] if figures.is_dir() else []),
        ],
        middleware=[
            Middleware(
                TrustedProxies, networks=trusted_networks(access.trusted_proxies), link=link
            ),
            *monitoring.middleware,
            Middleware(KnownOrigins, names=names, origins=origins, link=link),
            # Gradio's own would let any page read the answers.
            Middleware(
                CORSMiddleware,
                allow_origins=sorted(origins),
                allow_methods=["GET", "POST"],
                allow_headers=["x-gradio-user"],  # sent by Gradio's client for browsers
            ),
            Middleware(ClosedRoutes),
            Middleware(CallRate, calls_per_minute=limits.max_calls_per_minute),
            Middleware(BodyLimits, limits=limits, mcp=mcp),
            Middleware(CallsInFlight, most=limits.max_calls_in_flight, queue=queue),
            Middleware(WellFormedCalls, demo=demo),
            Middleware(KnownStreams, demo=demo),
        ],
    )
    use_own_head()
    use_own_snippets()
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
        mcp_server=mcp,
    )
    return app


def prepared_queue(demo: gr.Blocks, most: int) -> Queue:
    """Gradio's queue, which answers so many calls at once and lets as many wait."""
    demo.queue(max_size=most)
    queue = demo._queue
    queue.max_thread_count = most  # not as many as threads: these calls wait for workers
    # Gradio keeps the last 10,000 calls, with what their callers call themselves, and sums them up
    # after each call; nobody sees it.
    queue.ANALYTICS_MAX_EVENTS = 1
    queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize
    queue.sleep_when_free = queue.progress_update_sleep_when_free = QUEUE_SECONDS
    return queue


def gradio_app(app: Starlette) -> App:
    """The app that Gradio has mounted."""
    return app.routes[-1].app  # type: ignore[attr-defined]
