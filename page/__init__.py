"""The web page: its components, its tabs, its API and its theme. app.py puts them together."""
