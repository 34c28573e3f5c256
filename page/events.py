"""How the page's own events are set up; what is for others stands in endpoints.py."""

from typing import Any

# Past the queue, without a sign of progress, and absent from the public API.
PRIVATE: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
