"""Headers of every answer, which tell browsers what the page needs and nobody else may do."""

from __future__ import annotations

# Where the page may be shown in a frame: on itself, and as a Space on the Hub.
FRAMES = "'self' https://huggingface.co https://*.huggingface.co https://*.hf.space"

# Gradio's page has scripts and styles within its HTML, and compiles the templates and scripts of
# gr.HTML in the browser; so scripts may be inline, but none comes from, or sends to, other servers.
CONTENT_SECURITY_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        f"frame-ancestors {FRAMES}",
    ]
)

SECURITY_HEADERS = [
    ("Content-Security-Policy", CONTENT_SECURITY_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"),
    ("Cross-Origin-Resource-Policy", "same-site"),
]
