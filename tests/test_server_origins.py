"""The running app's names, the pages that may call it, and the proxies that it believes."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from drawings import drawing_of
from http_calls import component_id
from processes import run_async
from running_app import Server, free_port, serving

from page.server.addresses import PRIVATE
from page.server.answers import BUSY
from page.server.origins import KnownOrigins, known_names, own_origins
from page.server.proxies import TrustedProxies, trusted_networks
from page.server.public_link import PublicLink

pytestmark = pytest.mark.slow

CALLS = 20  # a minute, of one client


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server behind a trusted proxy, which a friendly site may call, and that has no internet."""
    options = ("--workers", "1", "--trusted-proxies", "127.0.0.0/8")
    names = ("--allowed-hosts", "digits.example", "--allowed-origins", "https://friend.example")
    load = ("--max-calls-per-minute", str(CALLS), "--log-requests")
    nowhere = "http://127.0.0.1:9"  # no proxy listens there, so nothing leaves this machine
    proxies = {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1"}
    variables = {"DIGIT_SHARE": "1", "DIGIT_MAX_UPLOAD_MB": "1", **proxies}
    folder = tmp_path_factory.mktemp("shared")
    with serving(folder, *options, *names, *load, port=free_port(), **variables) as server:
        yield server


@pytest.fixture(scope="module")
def behind(shared: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=shared.url, trust_env=False, timeout=30) as client:
        yield client


def correction(http: httpx.Client, **headers: str) -> httpx.Response:
    """What a foreign page could send without asking first: a form's content type."""
    card = component_id(str(http.base_url).rstrip("/"), "card")
    picture = {"picture": drawing_of("7").data_url(), "label": "7", "consent": True}
    body = {"data": picture, "component_id": card, "session_hash": "x", "fn_name": "correct"}
    request = http.build_request("POST", "/gradio_api/component_server/", json=body)
    request.headers["content-type"] = "text/plain"
    request.headers.update(headers)
    return http.send(request)


@pytest.mark.parametrize(
    "origin",
    [
        *("https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", "", "file://"),
        *("https://127.0.0.1.evil.example", "https://huggingface.co.evil.example"),
    ],
)
def test_a_foreign_page_can_not_call(http: httpx.Client, origin: str) -> None:
    for path in ("/gradio_api/run/recognize", "/gradio_api/upload", "/gradio_api/queue/join"):
        assert http.post(path, json={}, headers={"origin": origin}).status_code == 403
    answer = correction(http, origin=origin)
    assert answer.status_code == 403
    assert answer.json()["error"].endswith(".")


def test_its_own_page_and_programs_can(http: httpx.Client, server: Server) -> None:
    assert correction(http, origin=server.url).status_code == 200
    assert correction(http).status_code == 200  # without Origin: curl, Python


def test_no_page_of_another_site_can_read_answers(http: httpx.Client, server: Server) -> None:
    foreign = {"origin": "https://evil.example"}
    for headers in (foreign, foreign | {"access-control-request-method": "POST"}):
        for method, path in (("GET", "/config"), ("OPTIONS", "/gradio_api/run/recognize")):
            answer = http.request(method, path, headers=headers)
            assert "access-control-allow-origin" not in answer.headers
            assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "[::2]", "", "10.0.0.1"]
)
def test_a_foreign_name_is_refused_by_a_local_server(http: httpx.Client, host: str) -> None:
    for path in ("/", "/config", "/healthz", "/gradio_api/info"):
        answer = http.get(path, headers={"host": host})
        assert answer.status_code == 403, path
        assert "evil" not in answer.text


def test_local_names_are_known(http: httpx.Client, server: Server) -> None:
    port = urlsplit(server.url).port
    for host in ("localhost", f"LOCALHOST:{port}", f"127.0.0.1:{port}", f"[::1]:{port}"):
        assert http.get("/healthz", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "header", ["x-forwarded-host", "x-gradio-server", "forwarded", "x-forwarded-prefix"]
)
def test_a_stranger_can_not_say_where_the_page_is(http: httpx.Client, header: str) -> None:
    for value in ("evil.example", "http://evil.example", "host=evil.example"):
        for path in ("/", "/config"):
            answer = http.get(path, headers={header: value, "x-forwarded-proto": "https"})
            assert answer.status_code == 200
            assert "evil.example" not in answer.text
            assert "https://127.0.0.1" not in answer.text


def test_a_trusted_proxy_says_where_the_page_is(behind: httpx.Client) -> None:
    forwarded = {"x-forwarded-host": "digits.example", "x-forwarded-proto": "https"}
    assert behind.get("/config", headers=forwarded).json()["root"] == "https://digits.example"
    assert correction(behind, origin="https://digits.example", **forwarded).status_code == 200
    assert correction(behind, origin="https://evil.example", **forwarded).status_code == 403
    foreign = {"x-forwarded-host": "evil.example"}
    assert behind.get("/config", headers=foreign).status_code == 403


def test_an_allowed_name_and_an_allowed_site(behind: httpx.Client) -> None:
    assert behind.get("/healthz", headers={"host": "digits.example"}).status_code == 200
    assert behind.get("/healthz", headers={"host": "other.example"}).status_code == 403
    answer = correction(behind, origin="https://friend.example")
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"
    assert "access-control-allow-credentials" not in answer.headers
    asked = {
        "origin": "https://friend.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-gradio-user",  # as Gradio's client
    }
    assert behind.options("/gradio_api/run/recognize", headers=asked).status_code == 200


def test_without_internet_share_says_so_and_serves_locally(
    shared: Server, behind: httpx.Client
) -> None:
    deadline = time.monotonic() + 45
    while "No public link" not in shared.log.read_text():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    lines = shared.log.read_text().replace("* Still waiting for a public link.\n", "").splitlines()
    # The local address and that sentence, beside the requests.
    assert len([line for line in lines if not line.startswith("{")]) == 2
    assert behind.get("/").status_code == 200
    for size, reason in ((100_000, "not a picture"), (2_000_000, "too large: 1 MB at most")):
        upload = {"files": ("picture.png", bytes(size))}
        [path] = behind.post("/gradio_api/upload", files=upload).json()
        data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, 3]
        answer = behind.post("/gradio_api/run/predict", json={"data": data})
        assert (answer.status_code, reason in answer.json()["error"]) == (422, True)


def test_the_running_app_limits_and_logs_a_client(shared: Server, behind: httpx.Client) -> None:
    client = {"x-forwarded-for": "9.9.9.9"}
    call, data = "/gradio_api/run/recognize", {"data": [None, 1]}
    statuses = [behind.post(call, json=data, headers=client).status_code for _ in range(CALLS + 5)]
    assert set(statuses[:CALLS]) == {422}
    assert statuses[-1] == 503
    busy = behind.post(call, json=data, headers=client)
    assert busy.json() == {"error": BUSY, "detail": BUSY}
    assert 1 <= int(busy.headers["retry-after"]) <= 3
    behind.get("/gradio_api/file=/secret%0a%1b[31mname.png", headers=client)
    assert behind.get("/", headers=client).status_code == 200  # the page is still served
    text = shared.log.read_text()
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    for line in lines:
        assert {"time", "level", "kind", "status", "ms", "client"} <= set(line)
    own = [line for line in lines if line["client"] == "9.9.9.9"]
    assert [line["status"] for line in own if line.get("kind") == "api"] == [*statuses, 503]
    assert "secret" not in text


# ---- one piece at a time


def passed(middleware: Any, client: str, **headers: str) -> dict[str, Any] | None:
    """The scope that the app behind it gets; None if the request was refused."""
    seen: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        pass

    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/",
        "scheme": "http",
        "client": (client, 5),
        "headers": named,
    }
    run_async(middleware(app)(scope, receive, send))
    return seen[0] if seen else None


def test_the_callers_address_comes_from_trusted_proxies_only() -> None:
    def proxies(app: Any) -> TrustedProxies:
        return TrustedProxies(app, trusted_networks("10.0.0.0/8, 192.168.1.1"), PublicLink())

    two = "6.6.6.6, 9.9.9.9, 10.1.1.1"  # the first is what the caller claims to be
    for peer, client in (("10.2.3.4", "9.9.9.9"), ("192.168.1.1", "9.9.9.9"), ("8.8.8.8",) * 2):
        scope = passed(proxies, peer, host="a", x_forwarded_for=two, x_forwarded_proto="https")
        assert scope is not None
        assert scope["client"][0] == client
        assert scope["scheme"] == ("http" if peer == client else "https")


def test_the_public_link_is_reached_through_this_machine() -> None:
    link = PublicLink("1a2b.gradio.live")

    def proxies(app: Any) -> TrustedProxies:
        return TrustedProxies(app, [], link)

    through = {"host": "1a2b.gradio.live", "x_forwarded_for": "9.9.9.9"}
    scope = passed(proxies, "127.0.0.1", **through)
    assert scope is not None
    assert scope["client"][0] == "9.9.9.9"
    scope = passed(proxies, "8.8.8.8", **through)
    assert scope is not None
    assert scope["client"][0] == "8.8.8.8"
    for nowhere in ("-", "None", ""):  # while there is no link
        link.host = None
        scope = passed(proxies, "127.0.0.1", **through | {"x_forwarded_host": nowhere})
        assert scope is not None
        assert scope["client"][0] == "127.0.0.1"
    link.host = "1a2b.gradio.live"

    def origins(app: Any) -> KnownOrigins:
        return KnownOrigins(app, known_names("127.0.0.1", set()), set(), link)

    own = {"host": "1a2b.gradio.live", "origin": "https://1a2b.gradio.live"}
    assert passed(origins, "127.0.0.1", **own)
    assert not passed(origins, "127.0.0.1", **own | {"host": "other.gradio.live"})
    assert not passed(origins, "127.0.0.1", **own | {"origin": "https://other.gradio.live"})


def test_a_space_trusts_the_hubs_proxies_and_its_own_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    assert trusted_networks(None) == []
    monkeypatch.setenv("SPACE_ID", "user/space")
    monkeypatch.setenv("SPACE_HOST", "user-space.hf.space")
    assert trusted_networks(None) == PRIVATE
    names, origins = known_names("0.0.0.0", set()), own_origins(set())
    assert names is None
    assert origins == {"https://user-space.hf.space"}

    def space(app: Any) -> KnownOrigins:
        return KnownOrigins(app, names, origins, PublicLink())

    inside = {"host": "10.1.2.3:7860", "origin": "https://user-space.hf.space"}
    assert passed(space, "10.0.0.1", **inside)
    assert not passed(space, "10.0.0.1", **inside | {"origin": "https://other-space.hf.space"})


def test_a_server_for_everybody_knows_any_name_unless_some_are_listed() -> None:
    assert known_names("0.0.0.0", set()) is None
    assert known_names("127.0.0.1", {"*"}) is None
    assert "digits.example" in (known_names("0.0.0.0", {"digits.example"}) or set())
    assert "192.168.1.7" in (known_names("192.168.1.7", {"digits.example"}) or set())
    assert "2001:db8::1" in (known_names("0.0.0.0", {"[2001:db8::1]"}) or set())
