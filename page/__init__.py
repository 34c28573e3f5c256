"""The web page's own components, its endpoints and its look; app.py puts them together."""
