"""The pad's tools: pens, eraser, undo and redo, keys, stylus, a slow server."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from drawings import Point, drawing_of
from playwright.sync_api import Route, expect
from visitor import SERVER_FUNCTIONS, Visitor, ink

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

DOWN: tuple[Point, Point] = ((0.5, 0.15), (0.5, 0.85))


def test_keys_undo_redo_and_clear(visit: Visit) -> None:
    visitor = visit()  # with nothing to undo yet
    keys = visitor.page.keyboard
    visitor.draw(drawing_of("3"))
    expect(visitor.label).to_have_text("3")
    drawn = ink(visitor)
    keys.press("Control+z")
    expect(visitor.label).to_have_count(0)
    expect(visitor.button("Undo")).to_be_disabled()
    assert ink(visitor) == 0
    keys.press("Control+Shift+z")
    expect(visitor.label).to_have_text("3")
    assert ink(visitor) == drawn
    keys.press("Escape")  # ends a stroke, and nothing else
    assert ink(visitor) == drawn
    for key in ("Delete", "Backspace"):
        keys.press(key)
        expect(visitor.headline).to_have_text("draw something")
        assert ink(visitor) == 0
        keys.press("Control+z")  # undo restores a pad that was emptied by mistake
        expect(visitor.label).to_have_text("3")
    visitor.line((0.1, 0.9), (0.2, 0.9))
    expect(visitor.button("Redo")).to_be_disabled()  # a new stroke empties the redo list


def test_escape_ends_a_stroke(visitor: Visitor) -> None:
    visitor.press((0.2, 0.2))
    visitor.move((0.2, 0.4))
    visitor.page.keyboard.press("Escape")
    before = ink(visitor)
    visitor.move((0.8, 0.8))
    visitor.lift()
    assert ink(visitor) == before > 0


def test_keys_are_for_what_lies_over_the_pad(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    visitor.settle()
    before = ink(visitor)
    keys = visitor.page.keyboard
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.locator("#card .labels button").first.focus()
    keys.press("Escape")
    expect(visitor.page.locator("#card .wrong")).not_to_have_attribute("open", "")
    visitor.page.get_by_role("button", name="Use via API").click()
    expect(visitor.page.locator(".api-docs")).to_be_visible()
    keys.press("Delete")
    keys.press("Escape")
    expect(visitor.page.locator(".api-docs")).to_have_count(0)
    assert ink(visitor) == before > 0


def test_a_stroke_may_begin_beside_the_pad(visitor: Visitor) -> None:
    visitor.line((-0.02, 0.5), (0.2, 0.5), (0.6, 0.5))
    assert ink(visitor) > 0
    assert visitor.page.evaluate("getSelection().toString()") == ""
    visitor.page.keyboard.press("Delete")
    pen = visitor.page.locator("#pad .size").bounding_box()
    assert pen is not None
    visitor.page.mouse.move(pen["x"] + pen["width"] / 2, pen["y"] + 5)
    visitor.page.mouse.down()  # on a tool: that draws nothing
    visitor.page.mouse.move(pen["x"] + pen["width"] / 2, pen["y"] - 150, steps=4)
    visitor.page.mouse.up()
    expect(visitor.button("Clear")).to_be_disabled()


def test_every_tool_shows_its_key(visitor: Visitor) -> None:
    for name, key in (
        ("Undo", "Ctrl+Z"),
        ("Redo", "Ctrl+Shift+Z"),
        ("Clear", "Delete or Backspace"),
    ):
        tooltip = visitor.button(name).get_attribute("title")
        assert tooltip is not None
        assert key in tooltip
    tooltip = visitor.page.locator("#pad .pen").get_attribute("title")
    assert tooltip is not None
    assert "[" in tooltip
    assert "]" in tooltip


def test_brackets_change_the_pen_and_its_preview(visitor: Visitor) -> None:
    preview = visitor.page.locator("#pad .preview span")
    amounts, previews = [], []
    for key in ("", "[", "[", "]", "]", "]"):
        if key:
            visitor.page.keyboard.press(key)
        visitor.line(*DOWN)
        box = preview.bounding_box()
        assert box is not None
        amounts.append(ink(visitor))
        previews.append(box["width"])
        visitor.page.keyboard.press("Delete")
    assert amounts[2] < amounts[1] < amounts[0] < amounts[5]
    assert amounts[3:5] == [amounts[1], amounts[0]]
    assert previews[2] < previews[1] < previews[0] < previews[5]
    thick = preview.bounding_box()
    visitor.page.keyboard.press("Control+[")  # the browser's
    assert preview.bounding_box() == thick
    visitor.page.keyboard.press("Control+Alt+[")  # AltGr, which is this on Windows
    assert preview.bounding_box() != thick


def test_characters_are_for_the_pad_only_after_a_stroke_or_on_its_tools(visitor: Visitor) -> None:
    """WCAG 2.1.4: speech and switches may send them anywhere."""
    eraser, size = visitor.button("Eraser"), visitor.page.locator("#pad .size")
    before = size.input_value()
    visitor.page.get_by_label("More guesses").focus()
    for key in ("e", "[", "]", "]"):
        visitor.page.keyboard.press(key)
    expect(eraser).to_have_attribute("aria-pressed", "false")
    assert size.input_value() == before
    visitor.line(*DOWN)
    visitor.page.keyboard.press("e")
    expect(eraser).to_have_attribute("aria-pressed", "true")
    visitor.page.keyboard.press("Control+z")
    expect(visitor.headline).to_have_text("draw something")
    expect(eraser).to_have_attribute("aria-pressed", "false")  # or the next drawing were invisible
    size.focus()
    visitor.page.keyboard.press("]")
    assert int(size.input_value()) == int(before) + 1
    visitor.page.keyboard.press("[")


def test_the_eraser_takes_ink_away(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    visitor.settle()
    expect(visitor.label).to_have_count(1)
    visitor.button("Eraser").click()
    expect(visitor.button("Eraser")).to_have_attribute("aria-pressed", "true")
    visitor.line((0.5, 0.1), (0.5, 0.9))
    expect(visitor.headline).to_have_text("nothing to read")
    assert ink(visitor) == 0
    visitor.page.keyboard.press("Delete")  # an empty pad, and a pen to write on it
    expect(visitor.button("Eraser")).to_have_attribute("aria-pressed", "false")
    visitor.line(*DOWN)
    expect(visitor.label).to_have_count(1)
    assert ink(visitor) > 0


def test_a_stylus_draws_wider_under_pressure(visitor: Visitor) -> None:
    # Synthetic events have no pointer to capture.
    visitor.canvas.evaluate("(canvas) => { canvas.setPointerCapture = () => {}; }")
    box = visitor.box()
    amounts = {}
    for kind, pressure in (("pen", 0.1), ("pen", 0.5), ("pen", 0.9), ("mouse", 0.9)):
        for event, y in (("down", 0.2), ("move", 0.4), ("move", 0.6), ("move", 0.8), ("up", 0.8)):
            visitor.canvas.dispatch_event(
                f"pointer{event}",
                {
                    "pointerId": 7,
                    "pointerType": kind,
                    "buttons": 0 if event == "up" else 1,
                    "pressure": 0 if event == "up" else pressure,
                    "clientX": box["x"] + box["width"] / 2,
                    "clientY": box["y"] + y * box["height"],
                },
            )
        amounts[kind, pressure] = ink(visitor)
        visitor.button("Clear").click()
    assert amounts["pen", 0.1] < 0.8 * amounts["pen", 0.5]
    assert amounts["pen", 0.9] > 1.2 * amounts["pen", 0.5]
    assert amounts["mouse", 0.9] == pytest.approx(amounts["pen", 0.5], rel=0.02)
    visitor.canvas.evaluate("(canvas) => { delete canvas.setPointerCapture; }")


def test_a_stylus_upside_down_erases(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    before, box = ink(visitor), visitor.box()
    visitor.canvas.evaluate("(canvas) => { canvas.setPointerCapture = () => {}; }")
    for event, y in (("down", 0.1), ("move", 0.3), ("move", 0.5), ("up", 0.5)):
        visitor.canvas.dispatch_event(
            f"pointer{event}",
            {
                "pointerId": 7,
                "pointerType": "pen",
                "button": 5 if event == "down" else -1,
                "buttons": 0 if event == "up" else 32,
                "clientX": box["x"] + box["width"] / 2,
                "clientY": box["y"] + y * box["height"],
            },
        )
    visitor.canvas.evaluate("(canvas) => { delete canvas.setPointerCapture; }")
    assert 0 < ink(visitor) < 0.8 * before
    expect(visitor.button("Eraser")).to_have_attribute("aria-pressed", "false")


def test_a_stroke_whose_release_the_system_has_swallowed_ends(visitor: Visitor) -> None:
    """By a menu, or a dialog: the pointer comes back with no button pressed."""
    box, amounts = visitor.box(), []
    visitor.canvas.evaluate("(canvas) => { canvas.setPointerCapture = () => {}; }")
    for event, y, buttons in (("down", 0.2, 1), ("move", 0.4, 1), ("move", 0.9, 0)):
        visitor.canvas.dispatch_event(
            f"pointer{event}",
            {
                "pointerId": 7,
                "buttons": buttons,
                "clientX": box["x"] + box["width"] / 2,
                "clientY": box["y"] + y * box["height"],
            },
        )
        amounts.append(ink(visitor))
    visitor.canvas.evaluate("(canvas) => { delete canvas.setPointerCapture; }")
    assert amounts[0] < amounts[1] == amounts[2]
    expect(visitor.button("Undo")).to_be_enabled()
    visitor.line((0.2, 0.5), (0.8, 0.5))  # the next press is a stroke again
    assert ink(visitor) > amounts[2]


def test_the_keyboard_reaches_every_tool(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    visitor.page.keyboard.press("Control+z")
    visitor.page.keyboard.press("Control+Shift+z")
    visitor.line((0.2, 0.2), (0.8, 0.2))
    visitor.page.keyboard.press("Control+z")
    visitor.settle()
    visitor.page.locator("#pad .size").focus()
    reached = []
    for _ in range(5):
        reached.append(
            visitor.page.evaluate("document.activeElement.ariaLabel ?? document.activeElement.id")
        )
        visitor.page.keyboard.press("Tab")
    assert reached == ["Width of the pen", "Eraser", "Undo", "Redo", "Clear"]


def test_a_slow_server_is_reported_under_the_pad(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route(SERVER_FUNCTIONS, lambda route: held.append(route), times=1)
    status = visitor.page.locator("#pad .status")
    visitor.line(*DOWN)
    expect(status).to_have_text("Waiting for the server …")
    stale = visitor.page.locator("#card .stale")
    expect(stale).to_have_text("reading …")
    held[0].continue_()
    expect(status).to_have_text("")
    expect(stale).to_be_hidden()
    expect(visitor.label).to_have_count(1)


def test_a_server_that_is_gone_is_not_flooded_with_requests(visitor: Visitor) -> None:
    failed: list[Route] = []

    def refuse(route: Route) -> None:
        failed.append(route)
        route.abort()

    visitor.page.route(SERVER_FUNCTIONS, refuse)
    visitor.press((0.5, 0.1))
    for step in range(40):
        visitor.move((0.5, 0.1 + step / 50))
        visitor.page.wait_for_timeout(10)
    visitor.lift()
    expect(visitor.page.locator("#pad .status")).to_contain_text("No answer")
    assert len(failed) <= 5  # one every two seconds
    visitor.page.unroute(SERVER_FUNCTIONS)
    expect(visitor.label).to_have_count(1)


RECORD_HEADLINES = """() => {
  window.headlines = [];
  const headline = document.querySelector("#card .headline");
  new MutationObserver(() => {
    const text = headline.textContent;
    if (window.headlines.at(-1) !== text) window.headlines.push(text);
  }).observe(headline, {childList: true, characterData: true, subtree: true});
}"""


def test_the_verdict_is_steady_while_a_digit_is_drawn(visitor: Visitor) -> None:
    visitor.page.evaluate(RECORD_HEADLINES)
    for label in ("5", "8"):
        visitor.draw(drawing_of(label))
        expect(visitor.label).to_have_text(label)
        visitor.page.keyboard.press("Delete")
    shown = [text for text in visitor.page.evaluate("headlines") if text != "draw something"]
    assert all(text == "…" or text.isdigit() for text in shown), shown
    # What is no digit is said soon after the pen is up.
    visitor.line((0.2, 0.2), (0.8, 0.8), (0.8, 0.2), (0.2, 0.8), (0.5, 0.1), (0.5, 0.9))
    expect(visitor.headline).to_have_text("not a digit", timeout=2000)


UNSURE = {
    "label": "3",
    "confidences": [{"label": "3", "confidence": 0.5}, {"label": "8", "confidence": 0.4}],
    "headline": "3 or 8?",
    "verdict": "unsure",
}


def test_an_unsure_verdict_names_two_digits(visitor: Visitor) -> None:
    visitor.page.route(SERVER_FUNCTIONS, lambda route: route.fulfill(json=UNSURE))
    visitor.press((0.3, 0.3))
    visitor.lift()
    expect(visitor.headline).to_have_text("3 or 8?")
    expect(visitor.label).to_have_text("3")


def test_an_answer_to_half_a_stroke_is_no_verdict_when_the_pen_leaves(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route(SERVER_FUNCTIONS, lambda route: held.append(route))
    visitor.press((0.3, 0.3))
    while not held:
        visitor.page.wait_for_timeout(20)
    visitor.move((0.5, 0.5))
    visitor.page.evaluate(RECORD_HEADLINES)
    held[0].fulfill(json=UNSURE)
    while len(held) == 1:
        visitor.page.wait_for_timeout(20)
    visitor.lift()
    expect(visitor.headline).to_have_text("…")
    held[1].fulfill(json={**UNSURE, "headline": "8", "label": "8", "verdict": "digit"})
    expect(visitor.headline).to_have_text("8")
    assert visitor.page.evaluate("headlines") == ["…", "8"]
