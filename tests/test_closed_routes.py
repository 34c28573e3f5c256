"""Routes of Gradio's that nobody needs here answer 404, and those that the page needs work."""

from __future__ import annotations

import httpx
import pytest
from repository import ROOT

from page.server.closed_routes import CLOSED

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    "path",
    [
        "/pwa_icon/1000000",  # 22 GB, and the end of the process
        "/pwa_icon/50000",
        "/pwa_icon/193",
        "/pwa_icon/192/",
        "/pwa_icon/0192",
        "/pwa_icon/%31000000",
        "/gradio_api/file=http://127.0.0.1:9/secret",
        "/gradio_api/file=HTTPS://example.com/",
        "/gradio_api/file%3Dhttp://127.0.0.1:9/",
        "/gradio_api/file/http://127.0.0.1:9/",
        "/gradio_api/file=file:///etc/passwd",
        "/gradio_api/proxy=http://127.0.0.1:9/",
        "/gradio_api/deep_link?session_hash=x",
        "/gradio_api/vibe-code",
        "/gradio_api/monitoring",
        "/monitoring",
        "/gradio_api/profiling/summary",
    ],
)
def test_closed(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 404
    assert http.get("/healthz").status_code == 200


def test_a_recording_is_not_taken(http: httpx.Client) -> None:
    for path in ("/gradio_api/process_recording", "/gradio_api/process_recording/"):
        recording = {"video": ("recording.mp4", b"anything")}
        assert http.post(path, files=recording).status_code == 404


def test_what_the_page_needs_is_open(http: httpx.Client) -> None:
    for path in ("/", "/config", "/manifest.json", "/pwa_icon/192", "/pwa_icon/512", "/pwa_icon"):
        assert http.get(path).status_code == 200, path
    example = ROOT / "examples" / "faint-pencil.jpg"
    assert http.get(f"/gradio_api/file={example}").content == example.read_bytes()
    (path,) = http.post("/gradio_api/upload", files={"files": ("a.png", b"a file")}).json()
    assert http.get(f"/gradio_api/file={path}").content == b"a file"


def test_a_windows_path_is_no_address() -> None:
    assert not CLOSED.search("/gradio_api/file=C:/pictures/a.png")
    assert not CLOSED.search(r"/gradio_api/file=C:\\pictures\\a.png")
