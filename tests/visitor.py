"""A person at the page, in Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from typing import Any

from drawings import Drawing, Point
from playwright.sync_api import (
    Browser,
    BrowserContext,
    FloatRect,
    Locator,
    Page,
    Request,
    ViewportSize,
    expect,
)

from page.examples import EXAMPLE_FILES

expect.set_options(timeout=15_000)  # milliseconds; enough on a busy machine

DESK = ViewportSize(width=1280, height=720)  # what Playwright's pages have without a word
PHONE = {"viewport": ViewportSize(width=360, height=740)}
IDLE_NOTE = "Write a number, or choose a picture."
SERVER_FUNCTIONS = "**/component_server/"  # where the pad's requests go
CHROMIUM_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # acts as a webcam
    "--use-fake-ui-for-media-stream",
    # Two pages of its address bar, which no test sees, take more than a blank page of the tests.
    # This replaces the list that Playwright names; what could matter here is named again.
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,MediaRouter,OptimizationHints,"
    "HttpsUpgrades,PaintHolding",
]
# The page's own time goes no faster than its other work: on a busy machine, a pause is long.
PAUSE = "(milliseconds) => new Promise((done) => setTimeout(done, milliseconds))"


def chromium_path() -> str:
    """The Chromium to test in: $CHROMIUM, or the first one installed. Raises if there is none."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
    found = filter(None, map(shutil.which, [os.environ.get("CHROMIUM", ""), *names]))
    path = next(found, None)
    if path is None:
        raise RuntimeError("No Chromium: install one, or set CHROMIUM to the path of its program.")
    return path


class Visitor:
    """A person at the page, with a mouse or a finger."""

    def __init__(self, page: Page, url: str, *, touch: bool = False):
        self.page = page
        self.touch = page.context.new_cdp_session(page) if touch else None
        self.canvas = page.locator("#pad canvas")
        self.label = page.locator("#card .label")
        self.note = page.locator("#card .note")
        self.headline = page.locator("#card .headline")
        self.is_drawing = False
        self.pending: set[Request] = set()  # requests to the pad's or the card's functions
        page.on("request", self._on_request)
        page.on("requestfinished", lambda request: self.pending.discard(request))
        page.on("requestfailed", lambda request: self.pending.discard(request))
        page.goto(url)
        self.canvas.wait_for()
        # Gradio adds the page's rows one after another.
        expect(page.locator("#examples button")).to_have_count(len(EXAMPLE_FILES))

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def open(self, tab: str) -> None:
        self.page.get_by_role("tab", name=tab).click()

    def upload(self, name: str, content: bytes) -> None:
        self.page.locator("#pad .picture-file").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )

    def box(self) -> FloatRect:
        box = self.canvas.bounding_box()
        assert box is not None
        return box

    def press(self, point: Point) -> None:
        self._point("Start", point)

    def move(self, point: Point) -> None:
        self._point("Move", point)

    def lift(self) -> None:
        self._point("End", None)

    def line(self, *points: Point) -> None:
        """One stroke."""
        self.press(points[0])
        for point in points[1:]:
            self.move(point)
        self.lift()

    def draw(self, drawing: Drawing, *, step: int = 4) -> None:
        """Every fourth point and the last of each stroke, as of a fast hand: each takes a frame."""
        for stroke in drawing.strokes:
            self.line(*stroke[:-1:step], stroke[-1])

    def write(self, pad: Locator, drawing: Drawing) -> None:
        """The drawing, with the mouse, on any pad."""
        pad.scroll_into_view_if_needed()
        box = pad.bounding_box()
        assert box is not None
        for stroke in drawing.strokes:
            places = [
                (box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke
            ]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in [*places[1:-1:4], places[-1]]:
                self.page.mouse.move(*place)
            self.page.mouse.up()

    def hurry(self, factor: int = 20) -> None:
        """Let the page wait so many times as short for whatever it waits for."""
        self.page.evaluate(
            """(factor) => {
                const wait = setTimeout;
                window.setTimeout = (act, milliseconds) => wait(act, milliseconds / factor);
            }""",
            factor,
        )

    def settle(self) -> None:
        """Wait until the pad has its last answer, however slow the server is.

        The pad has it when no request is pending, and none follows in 0.1 s of the page's time:
        between two requests after a stroke, it pauses for 0.03 s.
        """
        deadline = time.monotonic() + 20
        idle_rounds = 0
        while idle_rounds < 2:
            assert time.monotonic() < deadline, "the pad doesn't stop sending requests"
            self.page.evaluate(PAUSE, 50)
            idle_rounds = 0 if self.pending else idle_rounds + 1
        if not self.is_drawing:
            expect(self.page.locator("#card [data-verdict=pending]")).to_have_count(0)

    def start_over(self) -> None:
        """Empty the pad; what was drawn can be brought back, and the history keeps it."""
        self.page.unroute_all()
        if self.canvas.is_hidden():
            self.open("Draw")
        self.page.keyboard.press("Delete")
        expect(self.headline).to_have_text("draw something")

    def _on_request(self, request: Request) -> None:
        if "component_server" in request.url:
            self.pending.add(request)

    def answer(self) -> dict[str, float]:
        """The confidences that the label widget shows, in percent. Call :meth:`settle` first."""
        rows = self.page.locator("#label .confidence-set").all_inner_texts()
        return {row.split()[0]: float(row.split()[1].strip("<>%")) for row in rows}

    def _point(self, phase: str, point: Point | None) -> None:
        """Move the mouse or the finger; `phase` is "Start", "Move" or "End" of a stroke."""
        self.is_drawing = phase != "End"
        if phase == "Start":
            self.pad = self.box()
        box = self.pad
        at = point and (box["x"] + point[0] * box["width"], box["y"] + point[1] * box["height"])
        if self.touch:
            points = [{"x": at[0], "y": at[1]}] if at else []
            self.touch.send(
                "Input.dispatchTouchEvent", {"type": f"touch{phase}", "touchPoints": points}
            )
            return
        if at:
            self.page.mouse.move(*at)
        if phase == "Start":
            self.page.mouse.down()
        elif phase == "End":
            self.page.mouse.up()


def expect_empty(visitor: Visitor) -> None:
    """The pad, and no answer beside it."""
    expect(visitor.headline).to_have_text("draw something")
    expect(visitor.note).to_have_text(IDLE_NOTE)
    expect(visitor.label).to_have_count(0)


# The share of the pad's pixels that are dark, in thousandths.
INK = """() => {
  const canvas = document.querySelector("#pad canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) dark += data[i] < 128;
  return new Promise((done) => requestAnimationFrame(() => done(4000 * dark / data.length)));
}"""


def ink(visitor: Visitor) -> float:
    """How much of the pad is dark, in thousandths, once it is painted."""
    visitor.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return visitor.page.evaluate(INK)


class Profiles:
    """Browser profiles, which are used again: a new one would load the page's scripts anew."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[str, list[BrowserContext]] = {}

    @contextlib.contextmanager
    def one(self, **options: Any) -> Iterator[BrowserContext]:
        """One that nobody else uses meanwhile, without anything that others have left."""
        free = self._free.setdefault(repr(sorted(options.items())), [])
        context = free.pop() if free else self._browser.new_context(**options)
        yield context
        for page in context.pages:
            page.evaluate("localStorage.clear(), sessionStorage.clear()")
            page.close()
        if "permissions" in options:
            context.close()
        else:
            context.clear_cookies()
            context.clear_permissions()
            free.append(context)


def draw_with_palm(pad: Locator, drawing: Drawing) -> None:
    """Draw with a stylus on any pad, while the palm and a finger touch it."""
    box = pad.bounding_box()
    assert box is not None

    def point(kind: str, number: int, event: str, x: float, y: float) -> None:
        pad.dispatch_event(
            f"pointer{event}",
            {
                "pointerId": number,
                "pointerType": kind,
                "buttons": 0 if event == "up" else 1,
                "clientX": box["x"] + x * box["width"],
                "clientY": box["y"] + y * box["height"],
            },
        )

    # Synthetic events have no pointer to capture.
    pad.evaluate("(canvas) => { canvas.setPointerCapture = () => {}; }")
    point("touch", 1, "down", 0.9, 0.9)  # the palm
    point("touch", 2, "down", 0.1, 0.1)  # a second finger
    point("touch", 2, "move", 0.1, 0.9)
    for stroke in drawing.strokes:
        point("pen", 3, "down", *stroke[0])
        for position in stroke[4:-1:4]:
            point("pen", 3, "move", *position)
        point("touch", 1, "move", 0.5, 0.9)
        point("pen", 3, "up", *stroke[-1])
    pad.evaluate("(canvas) => { delete canvas.setPointerCapture; }")
