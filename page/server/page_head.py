"""The head of the page's HTML: what a link to it shows elsewhere, and its language.

Gradio's template has Gradio's own title, description and picture, twice, and no place for others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from gradio.routes import templates
from jinja2 import BaseLoader, Environment
from starlette.responses import FileResponse
from starlette.routing import Route

TEMPLATE = "frontend/index.html"
PICTURE = Path(__file__).parents[1] / "link_preview.png"
DESCRIPTION = "Draw a digit or a number, or show a photograph of it, and see which one it is."
HEAD = Path(__file__).with_name("head.html").read_text(encoding="utf-8")
HEAD = HEAD.replace("%DESCRIPTION%", DESCRIPTION)
CHARSET = '<meta charset="utf-8" />'
FOREIGN = re.compile(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>')


class OwnHead(BaseLoader):
    """Loads Gradio's templates, and puts :data:`HEAD` into the page's."""

    def __init__(self, loader: BaseLoader) -> None:
        self._loader = loader

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Raises RuntimeError if Gradio's template has no place for it."""
        source, path, is_fresh = self._loader.get_source(environment, template)
        if template == TEMPLATE:
            if CHARSET not in source:
                raise RuntimeError("This version of Gradio has another template for its page.")
            source = FOREIGN.sub("", source).replace(CHARSET, CHARSET + HEAD, 1)
        return source, path, is_fresh


def use_own_head() -> None:
    """For all pages of this process."""
    loader = templates.env.loader
    if loader is not None and not isinstance(loader, OwnHead):
        templates.env.loader = OwnHead(loader)


def picture_route() -> Route:
    """Where the picture in :data:`HEAD` is."""
    return Route(f"/{PICTURE.name}", lambda _: FileResponse(PICTURE))
