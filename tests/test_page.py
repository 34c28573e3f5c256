"""The page, as visitors use it, in a real browser."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from drawings import Drawing, drawing_of
from PIL import Image
from playwright.sync_api import Request, Route, ViewportSize, expect
from repository import ROOT
from visitor import DESK, PAUSE, Visitor, draw_with_palm, ink

pytestmark = pytest.mark.browser

IDLE_NOTE = "Write a number, or choose a picture."
PHONE = {"viewport": ViewportSize(width=360, height=740)}
SERVER_FUNCTIONS = "**/component_server/"  # where the pad's requests go

Visit = Callable[..., Visitor]


def expect_empty(visitor: Visitor) -> None:
    expect(visitor.headline).to_have_text("draw something")
    expect(visitor.note).to_have_text(IDLE_NOTE)
    expect(visitor.label).to_have_count(0)


# ---- drawing


def test_drawings_are_recognised_with_a_finger_on_a_phone(
    visit: Visit, drawings: list[Drawing]
) -> None:
    """One of each digit; test_page_replay.py draws with the mouse."""
    visitor = visit(touch=True, **PHONE)
    for drawing in drawings[1::2]:  # the first stroke draws without a click before it
        visitor.draw(drawing)
        expect(visitor.label).to_have_text(drawing.label)
        assert visitor.page.evaluate("scrollY") == 0  # as it would where a finger drags the page
        visitor.page.get_by_role("button", name="Clear").click()
        expect_empty(visitor)


def test_the_answer_comes_during_the_stroke(visitor: Visitor) -> None:
    points = drawing_of("2").strokes[0]
    visitor.press(points[0])
    for point in [*points[1:-1:4], points[-1]]:
        visitor.move(point)
    expect(visitor.label).to_have_text("2")
    visitor.lift()


def test_clear_and_undo(visitor: Visitor) -> None:
    undo = visitor.page.get_by_role("button", name="Undo")
    clear = visitor.page.get_by_role("button", name="Clear")
    visitor.draw(drawing_of("1"))
    visitor.settle()
    expect(visitor.label).to_have_text("1")
    before = visitor.answer()
    for x in (0.2, 0.4, 0.6, 0.8):  # cross it out
        visitor.press((x, 0.1))
        visitor.move((1 - x, 0.9))
        visitor.lift()
    for _ in range(4):
        undo.click()
    visitor.settle()
    expect(visitor.label).to_have_text("1")
    assert visitor.answer() == before
    undo.click()
    expect_empty(visitor)
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    clear.click()
    expect_empty(visitor)
    expect(clear).to_be_disabled()


def test_clear_wins_over_a_pending_answer(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route(SERVER_FUNCTIONS, lambda route: held.append(route))
    visitor.press((0.5, 0.2))
    visitor.move((0.5, 0.8))
    visitor.lift()
    while not held:
        visitor.page.wait_for_timeout(20)
    visitor.page.get_by_role("button", name="Clear").click()
    with visitor.page.expect_response(SERVER_FUNCTIONS):
        held[0].continue_()
    visitor.settle()
    expect_empty(visitor)
    assert len(held) == 1


def test_one_request_at_a_time_and_the_last_picture_is_answered(visitor: Visitor) -> None:
    pending: set[Request] = set()
    pending_counts, pictures = [], []

    def started(request: Request) -> None:
        if "component_server" in request.url:
            pending.add(request)
            pending_counts.append(len(pending))
            # Not the function: whether the pen was still down when it was sent is a matter of luck.
            pictures.append(json.loads(request.post_data or "")["data"])

    visitor.page.on("request", started)
    visitor.page.on("requestfinished", lambda request: pending.discard(request))
    visitor.press((0.5, 0.1))
    for step in range(60):
        visitor.move((0.5 + 0.3 * (step % 2), 0.1 + step / 80))
    visitor.lift()
    visitor.settle()
    assert max(pending_counts) == 1
    undo = visitor.page.get_by_role("button", name="Undo")
    visitor.press((0.1, 0.9))
    visitor.lift()
    visitor.settle()
    undo.click()
    visitor.settle()
    assert pictures[-1] != pictures[-2]
    assert pictures[-1] in pictures[:-2]  # the one that undo restores
    visitor.page.remove_listener("request", started)


def test_a_second_finger_and_a_palm_leave_no_ink(visitor: Visitor) -> None:
    draw_with_palm(visitor.canvas, drawing_of("3"))
    expect(visitor.label).to_have_text("3")
    visitor.page.get_by_role("button", name="Undo").click()
    expect_empty(visitor)


def test_two_visitors_do_not_meet(visitor: Visitor, visit: Visit) -> None:
    one, two = visitor, visit()
    one.draw(drawing_of("3"))
    two.draw(drawing_of("8"))
    expect(two.label).to_have_text("8")
    one.settle()
    expect(one.label).to_have_text("3")


# ---- pictures


def test_a_bad_picture_gets_a_sentence_and_the_next_one_an_answer(visitor: Visitor) -> None:
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    for content, sentence in (
        (b"", "The file is empty"),
        (b"this is no picture", "This file is not a picture"),
        (drawing_of("3").png()[:200], "The picture is damaged"),
    ):
        visitor.upload("bad.png", content)
        expect(visitor.note).to_have_text(re.compile(rf"^{sentence}[^<>]*\.$"))
        expect(visitor.label).to_have_count(0)
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.label).to_have_text("3")
    visitor.button("Remove the picture").click()
    expect_empty(visitor)
    visitor.upload("bad.png", b"")  # there is nothing on the pad now
    expect(visitor.headline).to_have_text("Can’t be read")
    visitor.button("Clear").click()
    expect_empty(visitor)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("Chalk on a board", "9"),
        ("Crossed seven", "7"),
        ("Faint pencil", "1"),
        ("No digit at all", "not a digit"),
        ("Red marker on nothing", "4"),
        ("Sixteen pixels", "5"),
    ],
)
def test_an_example_is_recognised(visitor: Visitor, name: str, answer: str) -> None:
    visitor.page.get_by_role("button", name=name).click()
    expect(visitor.label).to_have_text(answer)
    expect(visitor.button("Remove the picture")).to_be_visible()
    refused = answer == "not a digit"  # then no bars claim anything
    expect(visitor.page.locator("#label .confidence-set")).to_have_count(0 if refused else 3)


def test_a_page_that_is_left_before_its_picture_is_back_keeps_it(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script(
        "if (sessionStorage.slow) HTMLImageElement.prototype.decode = () => new Promise(() => {});"
    )
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.label).to_have_text("3")
    page.evaluate("sessionStorage.slow = 1")
    page.reload()
    expect(page.locator("#pad canvas").first).to_be_visible()
    page.evaluate("delete sessionStorage.slow")
    page.reload()
    expect(visitor.label).to_have_text("3")
    visitor.button("Clear").click()
    expect_empty(visitor)


def test_who_draws_before_the_saved_drawing_is_back_keeps_both(visitor: Visitor) -> None:
    page = visitor.page
    page.add_init_script("""if (sessionStorage.later) {
      const { decode } = HTMLImageElement.prototype;
      const ready = new Promise((done) => { window.goOn = done; });
      HTMLImageElement.prototype.decode = function () {
        window.decoded = ready.then(() => decode.call(this));
        return window.decoded;
      };
    }""")
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.label).to_have_text("3")
    page.evaluate("sessionStorage.later = 1")
    page.reload()
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    page.evaluate(f"goOn(), delete sessionStorage.later, decoded.then(() => ({PAUSE})(50))")
    for _ in drawing_of("7").strokes:
        page.keyboard.press("Control+z")
    expect_empty(visitor)
    page.keyboard.press("Control+z")
    expect(visitor.label).to_have_text("3")


def test_a_picture_is_drawn_upon(visitor: Visitor) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (300, 200), (40, 60, 50)).save(blank, "PNG")  # a blackboard
    visitor.upload("board.png", blank.getvalue())
    expect(visitor.headline).to_have_text("nothing to read")
    visitor.line((0.5, 0.3), (0.5, 0.7))
    expect(visitor.label).to_have_text("1")
    expect(visitor.page.locator("#card .picture figcaption")).to_have_text("Your picture")
    visitor.page.keyboard.press("Control+z")
    expect(visitor.headline).to_have_text("nothing to read")
    visitor.button("Remove the picture").click()
    expect_empty(visitor)


def test_a_picture_that_lies_on_its_side_can_be_turned(visitor: Visitor) -> None:
    turned = io.BytesIO()
    Image.open(ROOT / "examples" / "crossed-seven.jpg").rotate(90).save(turned, "JPEG")
    visitor.upload("seven.jpg", turned.getvalue())
    expect(visitor.note).to_have_text("Turned by 90° it would be a 7.")
    before = ink(visitor)
    visitor.line((0.2, 0.25), (0.2, 0.35))
    with_a_stroke = ink(visitor)
    assert with_a_stroke > before
    visitor.settle()
    expect(visitor.note).to_have_text("Turned by 90° it would be a 7.")
    visitor.button("Turn it").click()
    expect(visitor.label).to_have_text("7")
    expect(visitor.button("Turn it")).to_be_hidden()
    assert ink(visitor) == pytest.approx(with_a_stroke, rel=0.02)  # what was drawn upon it, too
    assert with_a_stroke > 1.04 * before


def test_a_shadow_is_no_ink(visitor: Visitor) -> None:
    shade = np.linspace(90, 230, 320)[None, :, None].repeat(240, 0).repeat(3, 2)
    shadow = io.BytesIO()
    Image.fromarray(shade.astype(np.uint8)).save(shadow, "JPEG")
    visitor.upload("shadow.jpg", shadow.getvalue())
    expect(visitor.headline).to_have_text("nothing to read")
    expect(visitor.note).to_have_text("Only light and shadow, no ink.")


# ---- the page


def test_more_guesses_need_neither_drawing_nor_server(visitor: Visitor) -> None:
    visitor.draw(drawing_of("9"))
    visitor.settle()
    expect(visitor.label).to_have_text("9")
    requests: list[str] = []
    visitor.page.on("request", lambda request: requests.append(request.url))
    rows = visitor.page.locator("#label .confidence-set")
    more = visitor.page.get_by_label("More guesses")
    expect(rows).to_have_count(3)
    more.check()
    expect(rows).to_have_count(10)
    expect(visitor.label).to_have_text("9")
    assert requests == []
    visitor.upload("four.png", drawing_of("4").png())
    expect(visitor.label).to_have_text("4")
    expect(rows).to_have_count(10)
    more.uncheck()
    expect(rows).to_have_count(3)
    percentages = [row.split()[1] for row in rows.all_inner_texts()]
    assert percentages == [">99%", "<1%", "<1%"]  # nothing is certain


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


def test_on_a_phone_the_words_about_a_picture_on_its_side_are_not_cut_off(visit: Visit) -> None:
    visitor = visit(viewport=ViewportSize(width=360, height=740))
    with Image.open(io.BytesIO(drawing_of("7").png())) as picture:
        turned = io.BytesIO()
        picture.transpose(Image.Transpose.ROTATE_90).save(turned, "PNG")
    visitor.upload("turned.png", turned.getvalue())
    expect(visitor.page.locator("#card .turn")).to_be_visible()
    cut = """() => {
      const comment = document.querySelector("#card .comment");
      const parts = [...comment.querySelectorAll("*")].filter((each) => each.checkVisibility());
      const box = comment.getBoundingClientRect();
      return parts.map((each) => each.getBoundingClientRect()).filter(({right, bottom}) =>
        right > box.right + 1 || bottom > box.bottom + 1).length
        + (comment.scrollHeight > comment.clientHeight + 1);
    }"""
    assert visitor.page.evaluate(cut) == 0


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
