"""Takes the pictures of the page in docs/images/: wide, on a phone, and in the dark.

python benchmarks/screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
sys.path.insert(0, str(ROOT / "tests"))

from conftest import FLAGS, Visitor, chromium_path, load_drawings, serving  # noqa: E402
from playwright.sync_api import ViewportSize, expect, sync_playwright  # noqa: E402

WIDE = ViewportSize(width=1280, height=820)
PHONE = ViewportSize(width=360, height=740)
SHOTS: list[tuple[str, ViewportSize, Literal["light", "dark"], str]] = [
    ("page", WIDE, "light", "7"),
    ("page-phone", PHONE, "light", "4"),
    ("page-dark", WIDE, "dark", "2"),
]


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    drawings = {drawing.label: drawing for drawing in load_drawings()}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        for name, viewport, scheme, digit in SHOTS:
            context = chromium.new_context(viewport=viewport, color_scheme=scheme)
            visitor = Visitor(context.new_page(), server.url)
            if name == "page-dark":  # with a picture as well: the drawing has the last word
                visitor.page.locator("#examples button").first.click()
                expect(visitor.label).to_be_visible()
            visitor.draw(drawings[digit])
            expect(visitor.label).to_have_text(digit)
            visitor.page.mouse.move(0, 0)
            visitor.page.wait_for_timeout(1000)
            visitor.page.screenshot(path=IMAGES / f"{name}.png")
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
