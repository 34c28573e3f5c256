"""The pad's tools: pens, eraser, undo and redo, keys, stylus, pictures pasted and dropped."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import Point, Visitor, drawing_of
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
SERVER_FUNCTIONS = "**/component_server/"  # where the pad's requests go

# The share of the pad's pixels that are dark, in thousandths.
INK = """() => {
  const canvas = document.querySelector("#pad canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let dark = 0;
  for (let i = 0; i < data.length; i += 4) dark += data[i] < 128;
  return new Promise((done) => requestAnimationFrame(() => done(4000 * dark / data.length)));
}"""
DOWN: tuple[Point, Point] = ((0.5, 0.15), (0.5, 0.85))


def ink(visitor: Visitor) -> float:
    visitor.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return visitor.page.evaluate(INK)


def test_keys_undo_redo_and_clear(visit: Visit) -> None:
    visitor = visit()
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
    for key in ("Delete", "Escape"):
        keys.press(key)
        expect(visitor.headline).to_have_text("draw something")
        assert ink(visitor) == 0
        keys.press("Control+z")  # undo restores a pad that was emptied by mistake
        expect(visitor.label).to_have_text("3")
    visitor.line((0.1, 0.9), (0.2, 0.9))
    expect(visitor.button("Redo")).to_be_disabled()  # a new stroke empties the redo list


def test_keys_leave_text_fields_alone(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    before = ink(visitor)
    number = visitor.page.locator("#top-k input[type=number]")
    number.focus()
    for key in ("Delete", "Escape", "Control+z"):
        visitor.page.keyboard.press(key)
    assert ink(visitor) == before > 0
    visitor.line((0.2, 0.2), (0.2, 0.3))  # a stroke takes the focus from the field
    visitor.page.keyboard.press("Escape")
    expect(visitor.button("Clear")).to_be_disabled()


def test_every_tool_shows_its_key(visitor: Visitor) -> None:
    for name, key in (("Undo", "Ctrl+Z"), ("Redo", "Ctrl+Shift+Z"), ("Clear", "Delete or Escape")):
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
    visitor.page.keyboard.press("[")  # as it was


def test_the_eraser_takes_ink_away(visitor: Visitor) -> None:
    visitor.line(*DOWN)
    visitor.settle()
    expect(visitor.label).to_have_count(1)
    visitor.button("Eraser").click()
    expect(visitor.button("Eraser")).to_have_attribute("aria-pressed", "true")
    visitor.line((0.5, 0.1), (0.5, 0.9))
    expect(visitor.headline).to_have_text("nothing to read")
    assert ink(visitor) == 0
    visitor.page.keyboard.press("e")
    expect(visitor.button("Eraser")).to_have_attribute("aria-pressed", "false")
    visitor.line(*DOWN)
    expect(visitor.label).to_have_count(1)
    assert ink(visitor) > 0


def test_a_stylus_draws_wider_under_pressure(visit: Visit) -> None:
    visitor = visit()
    # Synthetic events have no pointer to capture.
    visitor.page.evaluate("HTMLCanvasElement.prototype.setPointerCapture = () => {}")
    box = visitor.box()
    amounts = {}
    for kind, pressure in (("pen", 0.1), ("pen", 0.5), ("pen", 0.9), ("mouse", 0.9)):
        for event, y in (("down", 0.2), ("move", 0.4), ("move", 0.6), ("move", 0.8), ("up", 0.8)):
            visitor.canvas.dispatch_event(
                f"pointer{event}",
                {
                    "pointerId": 7,
                    "pointerType": kind,
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


def test_a_picture_is_pasted_with_the_keyboard_or_the_button(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    visitor.page.evaluate(
        """async (address) => {
          const blob = await (await fetch(address)).blob();
          await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }""",
        drawing_of("4").data_url(),
    )
    paste = visitor.page.get_by_role("button", name="Paste from clipboard")
    for how in (lambda: visitor.page.keyboard.press("Control+v"), paste.click):
        how()
        expect(visitor.label).to_have_text("4")
        expect(visitor.page.locator("#photo img")).to_be_visible()
        visitor.start_over()


DROP = """async ([address, type]) => {
  const blob = await (await fetch(address)).blob();
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([blob], "dropped", {type}));
  const options = {dataTransfer, bubbles: true, cancelable: true};
  document.querySelector("#pad canvas").dispatchEvent(new DragEvent("drop", options));
}"""


def test_a_picture_is_dropped_onto_the_pad(visit: Visit) -> None:
    visitor = visit()
    visitor.page.evaluate(DROP, [drawing_of("9").data_url(), "image/png"])
    expect(visitor.label).to_have_text("9")
    visitor.page.evaluate(DROP, ["data:text/plain,nine", "text/plain"])
    expect(visitor.page.locator("#pad .status")).to_have_text("Only pictures can be dropped here.")
    expect(visitor.label).to_have_text("9")


def test_a_slow_server_is_reported_under_the_pad(visitor: Visitor) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    visitor.page.route(SERVER_FUNCTIONS, hold_the_first)
    status = visitor.page.locator("#pad .status")
    visitor.line(*DOWN)
    expect(status).to_have_text("Waiting for the server …")
    held[0].continue_()
    expect(status).to_have_text("")
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
