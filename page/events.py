"""Options of the page's own events. The public endpoints are in endpoints.py."""

from typing import Any

# Outside the queue, without a progress indicator, and not in the public API.
PRIVATE_EVENT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
}
