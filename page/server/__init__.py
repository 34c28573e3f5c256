"""How the page is served: options, limits, and what a request passes before it reaches Gradio."""
