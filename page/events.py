"""Options of the page's own events. The public endpoints are in endpoints.py."""

from typing import Any

# Outside the queue, without a progress indicator, and not in the public API. What happens again
# before there is an answer is answered after it: by default, Gradio would leave it out.
PRIVATE_EVENT: dict[str, Any] = {
    "queue": False,
    "show_progress": "hidden",
    "api_visibility": "private",
    "trigger_mode": "always_last",
}
# Though there is no answer to the one before yet: the page tells which answer is to which.
AT_ONCE = PRIVATE_EVENT | {"trigger_mode": "multiple"}
