"""What the page's scripts and Gradio's clients send to the app."""

from __future__ import annotations

from typing import Any

import httpx

FILE = {"_type": "gradio.FileData"}


def component_id(url: str, elem_id: str) -> int:
    """Of a part of the page at this address, such as its "pad"."""
    components = httpx.get(f"{url}/config", trust_env=False).json()["components"]
    (found,) = (part["id"] for part in components if part["props"].get("elem_id") == elem_id)
    return int(found)


def upload_file(http: httpx.Client, content: bytes, name: str = "picture.png") -> dict[str, Any]:
    """Send a file to a client's /upload; returns what stands for it in calls."""
    (path,) = http.post("/upload", files={"files": (name, content)}).json()
    return {"path": path, "meta": FILE}
