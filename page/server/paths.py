"""Those of Gradio's routes that this server looks at, and what goes there."""

_GRADIO = "/gradio_api"
UPLOAD = f"{_GRADIO}/upload"  # files
SERVER_FUNCTIONS = f"{_GRADIO}/component_server"  # calls of components' functions by their scripts
MCP = f"{_GRADIO}/mcp"
QUEUE = f"{_GRADIO}/queue/"
JOIN = f"{QUEUE}join"  # calls by the page and by Gradio's clients
STREAM = f"{QUEUE}data"  # all answers to one of these
# Before an endpoint's name, calls by plain HTTP. Two have the same meaning; the third answers with
# the name of a stream.
ANSWERED = tuple(f"{_GRADIO}/{kind}/" for kind in ("run", "api"))
STREAMED = f"{_GRADIO}/call/"


def is_upload(path: str) -> bool:
    """Whether a request to it brings files."""
    return path.rstrip("/") == UPLOAD
