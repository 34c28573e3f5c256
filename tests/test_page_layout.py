"""The page on every screen: it fits, stands still, comes to rest and is accessible."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from drawings import Drawing, drawing_of
from PIL import Image
from playwright.sync_api import ViewportSize, expect
from visitor import DESK, IDLE_NOTE, PHONE, Visitor, expect_empty, ink

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


AT_REST = "document.fonts.status === 'loaded' && [...document.images].every((i) => i.complete)"
NEXT_FRAMES = """() => new Promise(
  (done) => requestAnimationFrame(() => requestAnimationFrame(done)))"""
# stopWatching() returns how much moved, but for the answer's own words, of which others have more.
WATCH_SHIFTS = """() => {
  let shifts = 0;
  const others = ({ node }) => !node?.parentElement?.closest("#card .verdict");
  const count = (entries) => {
    for (const entry of entries)
      if (!entry.hadRecentInput && entry.sources.some(others)) shifts += entry.value;
  };
  const observer = new PerformanceObserver((list) => count(list.getEntries()));
  observer.observe({type: "layout-shift"});
  window.stopWatching = () => {
    count(observer.takeRecords());
    observer.disconnect();
    return shifts;
  };
}"""


# Relative to the page, not the screen: a phone scrolls to the answer for an uploaded picture.
PLACES = """(parts) => parts.map((part) => {
  const box = document.querySelector(part).getBoundingClientRect();
  return [box.x, box.y + scrollY, box.width, box.height];
})"""


NOTE_FRAMES = """const nextFrame = window.requestAnimationFrame;
window.requestAnimationFrame = (callback) => {
  window.lastAsked = performance.now();
  return nextFrame(callback);
};"""


def test_the_page_comes_to_rest(visit: Visit) -> None:
    visitor = visit()
    visitor.page.add_init_script(NOTE_FRAMES)
    visitor.page.reload()
    visitor.draw(drawing_of("2"))
    expect(visitor.label).to_have_text("2")
    visitor.page.wait_for_function("performance.now() - lastAsked > 500", polling=100)


def test_nothing_moves_when_answers_arrive(visit: Visit, drawings: list[Drawing]) -> None:
    visitor = visit()
    visitor.page.wait_for_function(AT_REST)
    parts = ["#pad canvas", "#pad .choose", "#card", "#card .tile", "#label", "#more", "#history"]
    for size in (DESK, PHONE["viewport"]):
        visitor.page.set_viewport_size(size)
        visitor.page.wait_for_function(f"innerWidth === {size['width']}")
        visitor.page.wait_for_function(AT_REST)
        visitor.page.evaluate(NEXT_FRAMES)
        visitor.page.evaluate(WATCH_SHIFTS)
        places = visitor.page.evaluate(PLACES, parts)
        for drawing in drawings[5:7]:
            visitor.draw(drawing)
            expect(visitor.label).to_have_text(drawing.label)
            visitor.page.get_by_role("button", name="Clear").click()
            expect_empty(visitor)
        visitor.upload("bad.png", b"this is no picture")
        expect(visitor.note).not_to_have_text(IDLE_NOTE)
        assert visitor.page.evaluate(PLACES, parts) == places
        assert visitor.page.evaluate("window.stopWatching()") == 0
        visitor.button("Clear").click()
        expect_empty(visitor)


# One pixel of the canvas for each of the screen's.
IS_SHARP = """[...document.querySelectorAll("#pad canvas")].every(
  (canvas) => canvas.width === Math.round(devicePixelRatio * canvas.clientWidth))"""
# Whether pad and verdict are on the screen without scrolling; and the pad's share of its height.
IN_SIGHT = """() => ["#pad .sheet", "#card .headline", "#card .note"].every((part) => {
  const {top, bottom, left, right} = document.querySelector(part).getBoundingClientRect();
  return top >= 0 && left >= 0 && bottom <= innerHeight && right <= innerWidth;
}) && document.querySelector("#pad .sheet").offsetHeight <= 0.55 * innerHeight + 1"""
TARGETS = "button, summary, input:not([hidden]), a, [role=tab]"
TOO_SMALL = """(targets) => [...document.querySelectorAll(targets)]
  .filter((each) => each.checkVisibility() && each.getClientRects().length)
  .map((each) => (each.closest("label") ?? each).getBoundingClientRect().toJSON())
  .filter(({width, height}) => Math.min(width, height) < 43.5 && width > 1)"""


def test_on_every_small_screen_pad_and_verdict_are_in_sight_sharp_and_touchable(
    visit: Visit,
) -> None:
    tablet = ViewportSize(width=744, height=1133)
    visitor = visit(touch=True, is_mobile=True, device_scale_factor=2, viewport=tablet)
    visitor.draw(drawing_of("8"))
    expect(visitor.label).to_have_text("8")
    drawn = ink(visitor)
    for width, height in ((744, 1133), (683, 768), (640, 800), (740, 360), (390, 844), (360, 640)):
        visitor.page.set_viewport_size(ViewportSize(width=width, height=height))
        visitor.page.wait_for_function(f"innerWidth === {width} && {IS_SHARP}")
        assert ink(visitor) == pytest.approx(drawn, rel=0.02)
        assert visitor.page.evaluate(IN_SIGHT), (width, height)
        assert visitor.page.evaluate(TOO_SMALL, TARGETS) == [], (width, height)
        two_columns = visitor.page.evaluate(
            """() => document.querySelector("#card").getBoundingClientRect().left
              > document.querySelector("#pad .sheet").getBoundingClientRect().right"""
        )
        assert two_columns == (width >= 600)
    assert lines_across_tabs(visitor) == 1


def test_the_pad_has_room_in_low_windows(visit: Visit) -> None:
    visitor = visit()
    # A desk's at four times its size, a small phone on its side, half of a screen.
    for width, height in ((320, 256), (568, 320), (360, 380)):
        visitor.page.set_viewport_size(ViewportSize(width=width, height=height))
        visitor.page.wait_for_function(f"innerWidth === {width}")
        assert visitor.box()["width"] >= 180, (width, height)
    visitor.page.set_viewport_size(DESK)


# How much of the sentence and of what stands beside it is cut off, or stands on the picture.
CUT_OFF = """() => {
  const comment = document.querySelector("#card .comment");
  const parts = [...comment.querySelectorAll("*")].filter((each) => each.checkVisibility());
  const box = comment.getBoundingClientRect();
  const headline = document.querySelector("#card .headline");
  return parts.map((each) => each.getBoundingClientRect()).filter(({right, bottom}) =>
    right > box.right + 1 || bottom > box.bottom + 1).length
    + (comment.scrollHeight > comment.clientHeight + 1)
    + (headline.scrollWidth > headline.clientWidth + 1);
}"""


def test_words_about_a_picture_that_is_not_read_are_not_cut_off(visit: Visit) -> None:
    visitor = visit()

    def check(part: str) -> None:
        expect(visitor.page.locator("#card").get_by_text(part).first).to_be_visible()
        # Phones, tablets either way up, and windows between the layouts.
        for width, height in ((320, 640), (360, 740), (640, 900), (1024, 768), (1101, 1366)):
            visitor.page.set_viewport_size(ViewportSize(width=width, height=height))
            visitor.page.wait_for_function(f"innerWidth === {width}")
            assert visitor.page.evaluate(CUT_OFF) == 0, (part, width, height)

    check("draw something")
    with Image.open(io.BytesIO(drawing_of("7").png())) as picture:
        turned = io.BytesIO()
        picture.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG")
    visitor.upload("turned.png", turned.getvalue())
    check("Turn it")
    visitor.upload("no-picture.png", b"seven")
    check("This file is not a picture")


def lines_across_tabs(visitor: Visitor) -> int:
    """How many there are at the right edge of the tabs, where no letters are."""
    box = visitor.page.locator("#tabs .tab-container").bounding_box()
    assert box
    x = box["x"] + box["width"] - 1
    png = visitor.page.screenshot(clip={**box, "x": x, "width": 1})
    column = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))[:, 0]
    is_line = (column != column[0]).any(axis=1)
    return int(is_line[0]) + int((is_line[1:] & ~is_line[:-1]).sum())


def serious_violations(visitor: Visitor, *rules: str) -> list[tuple[str, list[str]]]:
    """Accessibility rules of axe-core that the page breaks, of `rules` or of all; the elements."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}  # others need not be described
    if rules:
        options["runOnly"] = rules
    if not visitor.page.evaluate("'axe' in window"):
        visitor.page.evaluate(Axe().axe_script)
    run = "(options) => axe.run(options).then(({violations}) => violations)"
    return [
        (violation["id"], [node["html"][:200] for node in violation["nodes"]])
        for violation in visitor.page.evaluate(run, options)
        if violation["impact"] in ("serious", "critical")
    ]


IN_COLOURS_OF = """(scheme) => document.body.matches(".dark") === (scheme === "dark")
  && !document.getAnimations().some((each) => each instanceof CSSTransition)"""  # to its end


def test_the_page_fits_and_is_accessible(visit: Visit) -> None:
    """Everything at each width in light colours; dark ones differ in nothing but the contrast."""
    visitor = visit()

    def check(place: str) -> None:
        for size in (DESK, PHONE["viewport"]):
            visitor.page.set_viewport_size(size)
            visitor.page.wait_for_function(f"innerWidth === {size['width']}")
            assert visitor.page.evaluate(overflow) <= 0, (place, size)
            assert serious_violations(visitor) == [], (place, size)
        visitor.page.emulate_media(color_scheme="dark")
        visitor.page.wait_for_function(IN_COLOURS_OF, arg="dark")
        assert serious_violations(visitor, "color-contrast") == [], (place, "dark")
        visitor.page.emulate_media(color_scheme="light")
        visitor.page.wait_for_function(IN_COLOURS_OF, arg="light")

    overflow = "document.documentElement.scrollWidth - innerWidth"
    visitor.draw(drawing_of("8"))
    expect(visitor.label).to_have_text("8")
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.locator("#card .labels button").nth(3).click()
    visitor.page.locator("#card .consent").check()
    visitor.page.locator("#history summary").click()
    check("an answer, and all that opens")
    for tab in ("Many pictures", "Model", "Help & privacy"):
        visitor.open(tab)
        expect(visitor.canvas).to_be_hidden()
        if tab == "Many pictures":
            assert serious_violations(visitor) == []
            visitor.page.get_by_role("button", name="examples").click()
            expect(visitor.page.locator("#batch .status")).to_have_text("7 pictures read.")
        check(tab)


# By WCAG's formula, of colours that hide what is behind them.
CONTRAST = """(element) => {
  const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => linear(value / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const { color, backgroundColor } = getComputedStyle(element);
  const [darker, lighter] = [color, backgroundColor].map(luminance).sort((a, b) => a - b);
  return (lighter + 0.05) / (darker + 0.05);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stay_legible_under_the_pointer(visit: Visit, scheme: str) -> None:
    visitor = visit(color_scheme=scheme)
    visitor.upload("eight.png", drawing_of("8").png())
    expect(visitor.label).to_have_text("8")
    remove = visitor.button("Remove the picture")
    remove.hover()
    assert remove.evaluate(CONTRAST) >= 4.5
    visitor.open("Many pictures")
    for name in ("Choose pictures", "Choose a folder", "Try the"):
        button = visitor.page.get_by_role("button", name=name)
        button.hover()
        visitor.page.wait_for_function(IN_COLOURS_OF, arg=scheme)
        assert button.evaluate(CONTRAST) >= 4.5, name


def test_tabs_and_tools_are_in_a_line_each_on_the_smallest_phone(visit: Visit) -> None:
    visitor = visit(touch=True, viewport=ViewportSize(width=320, height=640))
    tabs = visitor.page.locator("#tabs .tab-container")
    assert tabs.evaluate("(row) => row.scrollWidth - row.clientWidth") <= 0
    tops = "(tools) => new Set(tools.map((tool) => tool.getBoundingClientRect().top)).size"
    assert visitor.page.locator("#pad .tools > *").evaluate_all(tops) == 1


def test_a_pressed_pad_has_no_ring_of_the_keyboard(visitor: Visitor) -> None:
    visitor.line((0.5, 0.2), (0.5, 0.8))
    expect(visitor.canvas).to_be_focused()
    expect(visitor.canvas).to_have_css("outline-style", "none")
    visitor.page.keyboard.press("Tab")
    visitor.button("Clear").press("Enter")  # which is disabled then, and passes the focus on
    expect(visitor.canvas).to_be_focused()
    expect(visitor.canvas).to_have_css("outline-style", "solid")
