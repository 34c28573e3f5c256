"""Security headers of every answer, and a page that works under them in a real browser."""

from __future__ import annotations

import socket
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from drawings import drawing_of
from playwright.sync_api import expect
from processes import run_async
from repository import ROOT
from running_app import Server
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from visitor import Visitor

from page.server.security_headers import SecurityHeaders

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/config", 200),
        ("GET", "/healthz", 200),
        ("GET", "/metrics", 200),
        ("GET", "/figures/reliability.png", 200),
        ("GET", "/nothing/here", 404),
        ("GET", "/pwa_icon/7", 404),
        ("POST", "/gradio_api/run/nothing", 422),
    ],
)
def test_every_answer_has_them(http: httpx.Client, method: str, path: str, status: int) -> None:
    answer = http.request(method, path)
    assert answer.status_code == status
    check_headers(answer.headers)


def test_an_app_on_another_server_adds_them_itself() -> None:
    """As on Ray Serve."""

    def answer(request: Request) -> Response:
        if request.url.path == "/broken":
            raise HTTPException(418)
        return Response("7", headers={"X-Content-Type-Options": "sniff"})

    routes = [Route(path, answer) for path in ("/", "/broken")]
    app = Starlette(routes=routes, middleware=[Middleware(SecurityHeaders)])

    async def ask(path: str) -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.get(path)

    for path, status in (("/", 200), ("/broken", 418), ("/none", 404)):
        answered = run_async(ask(path))
        assert answered.status_code == status
        check_headers(answered.headers)


def check_headers(headers: httpx.Headers) -> None:
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["object-src"] == "'none'"
    frames = {"'self'", "https://huggingface.co", "https://*.hf.space"}
    assert frames <= set(policy["frame-ancestors"].split())
    assert not [sources for sources in policy.values() if "*" in sources.split()]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=(self)" in headers["permissions-policy"]
    assert "x-frame-options" not in headers  # it can't name the Hub
    assert "server" not in headers


def test_what_is_no_http_is_answered_with_them(server: Server) -> None:
    address = urlsplit(server.url)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(b"\x16\x03\x01 this is no HTTP\r\n\r\n")
        head = connection.makefile("rb").read().decode()
    assert head.startswith("HTTP/1.1 400")
    assert "nosniff" in head


@pytest.mark.browser
def test_the_whole_page_works_under_its_policy(
    visit: Callable[..., Visitor], server: Server
) -> None:
    visitor = visit(permissions=["camera"])
    page = visitor.page
    refused: list[str] = []
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on(
        "console",
        lambda message: refused.append(message.text) if "olicy" in message.text else None,
    )
    page.reload()  # now that the console is watched
    visitor.canvas.wait_for()

    visitor.draw(drawing_of("7"))
    expect(visitor.headline).to_contain_text("7")
    page.locator("#examples button").first.click()
    expect(visitor.button("Remove the picture")).to_be_visible()
    visitor.button("Photo").click()
    page.wait_for_function("document.querySelector('#pad video').videoWidth > 0")
    visitor.button("Cancel").click()

    visitor.open("Many pictures")
    page.locator("#batch .files").set_input_files(ROOT / "examples" / "faint-pencil.jpg")
    expect(page.locator("#batch img")).to_be_visible()
    with page.expect_download():
        page.locator("#batch .save").click()
    visitor.open("Model")
    figure = page.locator("#model figure img").first
    figure.scroll_into_view_if_needed()
    page.wait_for_function("element => element.naturalWidth > 0", arg=figure.element_handle())
    visitor.open("Help & privacy")
    page.get_by_role("button", name="Use via API").click()
    page.locator(".api-docs .snippet", has_text="Python").click()  # it begins with MCP
    expect(page.get_by_role("heading", name="API documentation")).to_be_visible()
    assert refused == []
    assert hosts - {""} == {urlsplit(server.url).netloc}  # nothing comes from other servers
    # The watch works: what the policy forbids is seen.
    page.evaluate("new Image().src = 'http://127.0.0.1:9/elsewhere.png'")
    assert page.evaluate("fetch('http://127.0.0.1:9/').then(() => true, () => false)") is False
    assert len(refused) >= 2
