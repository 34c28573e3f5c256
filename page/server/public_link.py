"""A public link from gradio.live to this machine."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_SECONDS = 20  # until it is said that the link takes its time: a minute and a half at most


@dataclass
class PublicLink:
    """The host that the link leads to, such as 1a2b3c.gradio.live; None if there is none."""

    host: str | None = None

    def open(self, local_host: str, port: int, token: str) -> None:
        """Ask for a link, and print it, or why none can be had, while the server runs.

        Gradio's launch(share=True) would start no server before, and prints six lines if it fails.
        """
        threading.Thread(target=self._open, args=(local_host, port, token), daemon=True).start()

    def _open(self, local_host: str, port: int, token: str) -> None:
        from gradio import networking

        patience = threading.Timer(PATIENCE_SECONDS, _say, ["Still waiting for a public link."])
        patience.daemon = True
        patience.start()
        try:
            link = networking.setup_tunnel(local_host, port, token, None, None)
        except Exception as error:  # of several libraries
            reason = str(error).partition("\n")[0].rstrip(".")
            _say(f"No public link: {reason or type(error).__name__}.")
            return
        finally:
            patience.cancel()
        self.host = urlsplit(link).netloc
        _say(f"Running on public URL: {link.replace('http://', 'https://')}")


def _say(sentence: str) -> None:
    print(f"* {sentence}", flush=True)
