"""A public link from gradio.live to this machine."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

SHARE_TIMEOUT_SECONDS = 20


@dataclass
class PublicLink:
    """The host that the link leads to, such as 1a2b3c.gradio.live; "-" if there is none."""

    host: str = "-"

    def open(self, local_host: str, port: int, token: str) -> None:
        """Ask for a link, and print it, or that none can be had, while the server runs.

        Gradio's launch(share=True) may wait for a minute, and prints six lines when it fails.
        """
        threading.Thread(target=self._open, args=(local_host, port, token), daemon=True).start()

    def _open(self, local_host: str, port: int, token: str) -> None:
        from gradio import networking

        links: list[str] = []

        def open_tunnel() -> None:
            with contextlib.suppress(Exception):
                links.append(networking.setup_tunnel(local_host, port, token, None, None))

        thread = threading.Thread(target=open_tunnel, daemon=True)
        thread.start()
        thread.join(SHARE_TIMEOUT_SECONDS)
        if links:
            self.host = urlsplit(links[0]).netloc
            print(f"* Running on public URL: {links[0].replace('http://', 'https://')}", flush=True)
        else:
            print("* No public link: gradio.live could not be reached.", flush=True)
