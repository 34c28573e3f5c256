"""Start the server."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from page.server import access
from page.server.asgi import build_app, gradio_app
from page.server.connections import Config, Server, allowed_connections
from page.server.paths import MCP
from page.server.proxies import trusted_networks
from page.server.public_link import PublicLink
from page.server.request_log import start_logging
from page.server.security_headers import SECURITY_HEADERS
from page.server.sockets import listen

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    import gradio as gr

    from page.server.limits import Limits
    from page.server.monitoring import Monitoring
    from page.server.upload_folder import UploadFolder


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
        demo, figures, monitoring, uploads, limits: see :func:`page.server.asgi.build_app`.
        options: those of app.py.

    Raises:
        OSError: the address can't be listened at.
    """
    uploads.keep_present()
    start_logging(requests=options.log_requests)
    link = PublicLink()
    app = build_app(
        demo,
        figures=figures,
        monitoring=monitoring,
        uploads=uploads,
        limits=limits,
        access=access.from_options(options),
        link=link,
        mcp=options.mcp,
    )
    sockets = listen(options.host, options.port)
    port = sockets[0].getsockname()[1]
    url = f"http://{name_in_url(options.host)}:{port}"

    def on_start() -> None:
        print(f"* Running on local URL:  {url}", flush=True)
        if options.mcp:
            print(f"* Running as an MCP server: {url}{MCP}/", flush=True)
        if options.share:
            link.open(options.host, port, demo.share_token)

    proxies = trusted_networks(options.trusted_proxies)
    most = allowed_connections(limits.max_connections)
    config = Config(app, most, SECURITY_HEADERS, proxies)
    gc.freeze()  # what is there now stays; looking at it takes the process's end a second
    gc.enable()  # app.py has disabled it
    Server(config, on_start, gradio_app(app).stop_event.set).run(sockets)


def name_in_url(host: str) -> str:
    """What a browser on this machine takes for the address that the server listens at."""
    host = host.strip("[]")
    if host in ("0.0.0.0", "::"):
        return "localhost"
    return f"[{host}]" if ":" in host else host
