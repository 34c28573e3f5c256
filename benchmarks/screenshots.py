"""Take the screenshots in docs/images/: each layout of the page, and its tabs.

python benchmarks/screenshots.py
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from benchmark import ROOT
from drawings import load_drawings
from playwright.sync_api import ViewportSize, expect, sync_playwright
from running_app import serving
from visitor import CHROMIUM_FLAGS, Visitor, chromium_path

IMAGES = ROOT / "docs" / "images"
WIDE = ViewportSize(width=1280, height=820)
TABLET = ViewportSize(width=820, height=1000)
PHONE = ViewportSize(width=360, height=740)


class Shot(NamedTuple):
    name: str
    viewport: ViewportSize
    scheme: Literal["light", "dark"]
    act: Callable[[Visitor], None]


def draw(digit: str) -> Callable[[Visitor], None]:
    drawing = {drawing.label: drawing for drawing in load_drawings()}[digit]

    def act(visitor: Visitor) -> None:
        visitor.draw(drawing)
        visitor.settle()
        expect(visitor.label).to_have_text(digit)

    return act


def ask_why(digit: str) -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        draw(digit)(visitor)
        visitor.page.locator("#card .reasons button").nth(int(digit)).click()
        expect(visitor.page.locator("#card .legend")).to_contain_text("Blue")

    return act


def batch(visitor: Visitor) -> None:
    visitor.open("Many pictures")
    files = [*sorted((ROOT / "examples").iterdir()), ROOT / "LICENSE"]
    visitor.page.locator("#batch .files").set_input_files(files)
    expect(visitor.page.locator("#batch tbody tr")).to_have_count(len(files))


def model(visitor: Visitor) -> None:
    visitor.open("Model")
    expect(visitor.page.locator("#model")).to_be_visible()


def ten_digits(visitor: Visitor) -> None:
    visitor.open("Ten digits")
    drawings = {drawing.label: drawing for drawing in load_drawings()}
    for digit in range(10):
        visitor.write(visitor.page.locator("#ten-digits canvas").nth(digit), drawings[str(digit)])
    expect(visitor.page.locator("#ten-digits .sure").last).to_contain_text("%")


def what_would_make_it(digit: str) -> Callable[[Visitor], None]:
    def act(visitor: Visitor) -> None:
        draw("4")(visitor)
        visitor.page.locator("#card .reasons button").nth(int(digit)).click()
        visitor.button(f"What would make it a {digit}?").click()
        expect(visitor.page.locator("#card .legend")).to_contain_text("would make it")

    return act


def photograph(visitor: Visitor) -> None:
    visitor.page.locator("#examples button").nth(1).click()
    expect(visitor.label).to_have_text("7")


SHOTS = [
    Shot("page", WIDE, "light", ask_why("7")),
    Shot("page-tablet", TABLET, "light", ask_why("5")),
    Shot("page-phone", PHONE, "light", draw("4")),
    Shot("page-dark", WIDE, "dark", ask_why("2")),
    Shot("page-wide", ViewportSize(width=1920, height=1080), "light", what_would_make_it("9")),
    Shot("page-half", ViewportSize(width=683, height=768), "dark", photograph),
    Shot("page-small", ViewportSize(width=360, height=640), "dark", draw("8")),
    Shot("ten-digits", WIDE, "light", ten_digits),
    Shot("many-pictures", WIDE, "light", batch),
    Shot("the-model", WIDE, "light", model),
]


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as server,
        sync_playwright() as playwright,
    ):
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        for shot in SHOTS:
            context = chromium.new_context(viewport=shot.viewport, color_scheme=shot.scheme)
            visitor = Visitor(context.new_page(), server.url)
            shot.act(visitor)
            visitor.page.mouse.move(0, 0)
            visitor.page.wait_for_timeout(1000)
            visitor.page.screenshot(path=IMAGES / f"{shot.name}.png")
            context.close()
        chromium.close()


if __name__ == "__main__":
    main()
