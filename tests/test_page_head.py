"""What a link to the page shows elsewhere, and the page's language whatever the browser's is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import httpx
import pytest
from PIL import Image
from playwright.sync_api import expect
from running_app import Server
from visitor import Visitor

pytestmark = pytest.mark.browser


def test_a_link_shows_this_page(server: Server) -> None:
    with httpx.Client(base_url=server.url, trust_env=False) as http:
        text = http.get("/").text
        tags = re.findall(r'<meta (?:property|name)="([\w:]+)" content="([^"]*)"', text)
        shown = dict(tags)
        assert len(tags) == len(shown)  # each once
        assert shown["og:title"] == "Handwritten digits"
        assert shown["og:description"] == shown["description"]
        assert shown["description"].startswith("Draw a digit")
        assert shown["twitter:card"] == "summary_large_image"
        assert shown["og:image"] == f"{server.url}/link_preview.png"
        assert not [value for value in shown.values() if "radio" in value]
        with Image.open(io.BytesIO(http.get(shown["og:image"]).content)) as picture:
            assert picture.size == (int(shown["og:image:width"]), int(shown["og:image:height"]))
        # A stranger can't choose where the picture is.
        forged = http.get("/", headers={"X-Forwarded-Host": "evil.example"}).text
        assert "evil.example" not in forged


def test_the_page_is_in_english_everywhere(visit: Callable[..., Visitor]) -> None:
    page = visit(locale="ar").page  # Gradio has its words, and writes them from right to left
    assert page.evaluate("navigator.languages[0]") == "ar"
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("button", name="Use via API")).to_be_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('#tabs')).direction") == "ltr"
