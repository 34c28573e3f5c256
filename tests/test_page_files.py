"""Files on the pad: chosen, pasted, dropped; bad ones, late ones, and those drawn upon."""

from __future__ import annotations

import contextlib
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from drawings import drawing_of
from PIL import Image
from playwright.sync_api import Page, Route, expect
from repository import ROOT
from visitor import PAUSE, SERVER_FUNCTIONS, Visitor, expect_empty, ink

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]
DOWN = ((0.5, 0.15), (0.5, 0.85))


@contextlib.contextmanager
def holding_answers(page: Page) -> Iterator[list[Route]]:
    """The first answer to a file or an example that is asked for within comes at the end."""
    held: list[Route] = []
    page.route("**/gradio_api/run/**", lambda route: held.append(route), times=1)
    yield held
    with page.expect_response("**/gradio_api/run/**") as response:
        held[0].continue_()
    response.value.finished()
    page.wait_for_timeout(100)  # nothing on the page shows that it was left out


def wait_for(held: list[Route], page: Page, count: int = 1) -> None:
    while len(held) < count:
        page.wait_for_timeout(20)


def test_a_bad_picture_gets_a_sentence_and_the_next_one_an_answer(visitor: Visitor) -> None:
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    for content, sentence in (
        (b"", "The file is empty"),
        (b"this is no picture", "This file is not a picture"),
        (drawing_of("3").png()[:200], "The picture is damaged"),
    ):
        visitor.upload("bad.png", content)
        expect(visitor.note).to_have_text(re.compile(rf"^{sentence}[^<>']*\.$"))
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


def test_a_picture_is_pasted(visitor: Visitor) -> None:
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.evaluate(
        """async (address) => {
          const blob = await (await fetch(address)).blob();
          await navigator.clipboard.write([new ClipboardItem({"image/png": blob})]);
        }""",
        drawing_of("4").data_url(),
    )
    visitor.page.keyboard.press("Control+v")
    expect(visitor.label).to_have_text("4")
    expect(visitor.button("Remove the picture")).to_be_visible()
    visitor.page.context.clear_permissions()


DROP = """async ([address, type, count = 1]) => {
  const blob = await (await fetch(address)).blob();
  const dataTransfer = new DataTransfer();
  for (let i = 0; i < count; i++) dataTransfer.items.add(new File([blob], "dropped", {type}));
  const options = {dataTransfer, bubbles: true, cancelable: true};
  document.querySelector("#pad canvas").dispatchEvent(new DragEvent("drop", options));
}"""


def test_a_picture_is_dropped_onto_the_pad(visitor: Visitor) -> None:
    visitor.page.evaluate(DROP, [drawing_of("9").data_url(), "image/png"])
    expect(visitor.label).to_have_text("9")
    visitor.page.evaluate(DROP, ["data:text/plain,nine", "text/plain"])
    expect(visitor.note).to_contain_text("This file is not a picture")  # as wherever it is sent
    before = ink(visitor)
    assert before > 0  # the 9 is still there


def drop_beside_the_pad(visitor: Visitor, file: Path) -> None:
    box, devtools = visitor.box(), visitor.page.context.new_cdp_session(visitor.page)
    data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
    place = {"x": box["x"] + box["width"] + 12, "y": box["y"] + 60}
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, "data": data, **place})


def test_a_picture_that_is_dropped_beside_the_pad_is_read(visitor: Visitor, tmp_path: Path) -> None:
    (tmp_path / "four.png").write_bytes(drawing_of("4").png())
    url, pages = visitor.page.url, len(visitor.page.context.pages)
    drop_beside_the_pad(visitor, tmp_path / "four.png")
    expect(visitor.label).to_have_text("4")
    visitor.open("Model")
    visitor.page.evaluate("scrollTo(0, 0)")
    assert not visitor.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File(["x"], "x.png", {type: "image/png"}));
          const options = {dataTransfer, bubbles: true, cancelable: true};
          return document.body.dispatchEvent(new DragEvent("drop", options));
        }"""
    )  # the browser doesn't leave the page for it
    visitor.open("Draw")
    expect(visitor.label).to_have_text("4")
    assert (visitor.page.url, len(visitor.page.context.pages)) == (url, pages)


def test_the_address_of_a_picture_is_no_file(visitor: Visitor) -> None:
    visitor.page.evaluate(
        """() => {
          const dataTransfer = new DataTransfer();
          dataTransfer.setData("text/uri-list", "https://example.org/seven.png");
          const options = {dataTransfer, bubbles: true, cancelable: true};
          document.querySelector("#pad canvas").dispatchEvent(new DragEvent("drop", options));
        }"""
    )
    expect(visitor.page.locator("#pad .status")).to_contain_text("no picture file: save it first")


def test_of_several_pictures_one_is_read_and_the_pad_says_so(visitor: Visitor) -> None:
    visitor.page.evaluate(DROP, [drawing_of("9").data_url(), "image/png", 3])
    expect(visitor.label).to_have_text("9")
    expect(visitor.page.locator("#pad .status")).to_have_text("Only the first one is read here.")
    visitor.page.evaluate(DROP, [drawing_of("3").data_url(), "image/png"])
    expect(visitor.label).to_have_text("3")
    expect(visitor.page.locator("#pad .status")).to_have_text("")


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
    visitor.press((0.2, 0.3))
    with visitor.page.expect_response(SERVER_FUNCTIONS):
        visitor.move((0.2, 0.35))
    visitor.settle()  # the pen rests, and what is asked while one draws has no hints
    visitor.lift()
    visitor.settle()
    expect(visitor.note).to_have_text("Turned by 90° it would be a 7.")
    visitor.button("Turn it").focus()
    visitor.page.keyboard.press("Enter")
    expect(visitor.label).to_have_text("7")
    expect(visitor.button("Turn it")).to_be_hidden()
    expect(visitor.headline).to_be_focused()  # not lost with the button
    assert ink(visitor) == pytest.approx(with_a_stroke, rel=0.02)  # what was drawn upon it, too
    assert with_a_stroke > 1.04 * before


def test_a_shadow_is_no_ink(visitor: Visitor) -> None:
    shade = np.linspace(90, 230, 320)[None, :, None].repeat(240, 0).repeat(3, 2)
    shadow = io.BytesIO()
    Image.fromarray(shade.astype(np.uint8)).save(shadow, "JPEG")
    visitor.upload("shadow.jpg", shadow.getvalue())
    expect(visitor.headline).to_have_text("nothing to read")
    expect(visitor.note).to_have_text("Only light and shadow, no ink.")


def test_a_file_wins_over_a_pending_answer(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route(SERVER_FUNCTIONS, lambda route: held.append(route))
    visitor.line(*DOWN)
    while not held:
        visitor.page.wait_for_timeout(20)
    visitor.upload("bad.png", b"this is no picture")
    expect(visitor.note).to_contain_text("This file is not a picture")
    with visitor.page.expect_response(SERVER_FUNCTIONS):
        held[0].continue_()
    visitor.settle()
    expect(visitor.note).to_contain_text("This file is not a picture")
    assert len(held) == 1


def test_a_second_file_is_read_though_the_first_has_no_answer_yet(visitor: Visitor) -> None:
    held: list[Route] = []
    visitor.page.route("**/gradio_api/run/**", lambda route: held.append(route), times=1)
    visitor.upload("three.png", drawing_of("3").png())
    wait_for(held, visitor.page)
    with visitor.page.expect_response("**/gradio_api/upload*"):
        visitor.upload("eight.png", drawing_of("8").png())
    held[0].continue_()
    expect(visitor.label).to_have_text("8")


def test_of_two_files_the_first_is_not_shown_if_its_answer_is_late(visitor: Visitor) -> None:
    with holding_answers(visitor.page) as held:
        visitor.upload("three.png", drawing_of("3").png())
        wait_for(held, visitor.page)
        with visitor.page.expect_response("**/gradio_api/run/**"):
            visitor.upload("eight.png", drawing_of("8").png())
        expect(visitor.label).to_have_text("8")
    visitor.settle()
    expect(visitor.label).to_have_text("8")


def test_an_answer_to_a_file_is_left_out_if_the_pad_has_changed_meanwhile(visitor: Visitor) -> None:
    example = visitor.page.locator("#examples button").first
    visitor.draw(drawing_of("3"))
    visitor.settle()
    with holding_answers(visitor.page) as held:
        example.click()
        wait_for(held, visitor.page)
        visitor.button("Clear").click()
        expect(visitor.headline).to_have_text("draw something")
    expect(visitor.button("Remove the picture")).to_be_hidden()
    expect(visitor.headline).to_have_text("draw something")
    with holding_answers(visitor.page) as held:
        example.click()
        wait_for(held, visitor.page)
        visitor.draw(drawing_of("8"))
    visitor.settle()
    expect(visitor.label).to_have_text("8")
    expect(visitor.button("Remove the picture")).to_be_hidden()


def test_a_failure_ends_no_waiting_but_its_own(visitor: Visitor) -> None:
    held: list[Route] = []
    examples = visitor.page.locator("#examples button")
    visitor.page.route("**/gradio_api/run/**", lambda route: held.append(route))
    examples.nth(0).click()
    wait_for(held, visitor.page)
    examples.nth(1).click()  # the crossed seven
    wait_for(held, visitor.page, 2)
    held[0].fulfill(status=503)
    visitor.page.wait_for_timeout(200)
    held[1].continue_()
    expect(visitor.label).to_have_text("7")
    visitor.page.unroute_all()
    for _ in range(2):  # the same one again, after a stroke that came before its answer
        with holding_answers(visitor.page) as held:
            examples.nth(1).click()
            wait_for(held, visitor.page)
            visitor.line(*DOWN)
        visitor.settle()
    examples.nth(1).click()
    expect(visitor.label).to_have_text("7")
    expect(visitor.page.locator("#card .stale")).to_be_hidden()


def test_clear_ends_waiting_for_a_file(visitor: Visitor) -> None:
    with holding_answers(visitor.page) as held:
        visitor.upload("three.png", drawing_of("3").png())
        wait_for(held, visitor.page)
        stale = visitor.page.locator("#card .stale")
        expect(stale).to_have_text("reading …")
        visitor.button("Clear").click()
        expect(stale).to_be_hidden()
    expect(visitor.headline).to_have_text("draw something")
    expect(visitor.button("Clear")).to_be_disabled()


def test_a_file_that_cannot_be_sent_is_told_of_once(visitor: Visitor) -> None:
    visitor.page.route("**/gradio_api/upload*", lambda route: route.abort())
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.note).to_have_text("The picture could not be sent to the server.")
    expect(visitor.headline).to_have_text("Not read")
    visitor.page.unroute("**/gradio_api/upload*")
    refusal = {"error": "There is no room.", "detail": "There is no room."}
    visitor.page.route(
        "**/gradio_api/upload*", lambda route: route.fulfill(status=507, json=refusal)
    )
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.note).to_have_text("There is no room.")
    expect(visitor.page.locator(".toast-body")).to_have_count(0)  # Gradio's box, with the JSON
    visitor.draw(drawing_of("8"))
    expect(visitor.label).to_have_text("8")


def test_a_drawing_is_read_once_the_line_is_back_though_a_file_failed(visitor: Visitor) -> None:
    idle = visitor.page.locator("#card .headline .idle")
    visitor.page.route(SERVER_FUNCTIONS, lambda route: route.abort())
    visitor.page.route("**/gradio_api/upload*", lambda route: route.abort())
    visitor.draw(drawing_of("5"))
    expect(visitor.page.locator("#pad .status")).to_have_text("No answer from the server.")
    expect(idle).to_have_css("font-size", "0px")  # nobody is told to draw something
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.headline).to_have_text("Not read")
    visitor.page.wait_for_timeout(3000)  # it is asked for again meanwhile, without a word
    expect(visitor.note).to_have_text("The picture could not be sent to the server.")
    expect(visitor.note).to_be_visible()
    visitor.page.unroute_all()
    expect(visitor.label).to_have_text("5")


def test_without_a_connection_a_failure_is_told_and_the_tabs_are_free(visit: Visit) -> None:
    visitor = visit()
    visitor.page.context.set_offline(True)
    visitor.page.locator("#examples button").nth(1).click()
    message = visitor.page.locator(".toast-body")
    expect(message).to_be_visible()  # Gradio's, which passes on nothing any more
    visitor.upload("three.png", drawing_of("3").png())
    status = visitor.page.locator("#pad .status")
    expect(status).to_have_text("The picture could not be sent to the server.")
    visitor.open("Help & privacy")
    visitor.open("Draw")
    expect(message).to_be_visible()
    visitor.page.context.set_offline(False)
    expect(message).to_be_hidden()


def test_a_file_that_the_line_swallows_is_given_up(visit: Visit) -> None:
    visitor = visit()
    visitor.hurry(200)
    visitor.page.route("**/gradio_api/upload*", lambda _: None)
    visitor.upload("three.png", drawing_of("3").png())
    expect(visitor.note).to_have_text("The picture could not be sent to the server.")
    expect(visitor.headline).to_have_text("Not read")


def test_a_file_that_is_too_large_is_not_sent(visitor: Visitor) -> None:
    sheet = visitor.page.locator("#pad .sheet")
    expect(sheet).to_have_attribute("data-most-mb", "50")
    sheet.evaluate("(sheet) => { sheet.dataset.mostMb = 1 }")
    visitor.upload("noise.png", bytes(10**6 + 1))
    expect(visitor.note).to_have_text("The file is too large: 1 MB at most.")
    sheet.evaluate("(sheet) => { sheet.dataset.mostMb = 50 }")


def test_a_file_without_an_answer_ends_the_waiting(visitor: Visitor) -> None:
    page = visitor.page
    visitor.draw(drawing_of("3"))
    visitor.settle()
    drawn = ink(visitor)
    example = page.locator("#examples button").first
    for _ in range(2):
        page.route("**/run/predict*", lambda route: route.fulfill(status=503, body="busy"))
        example.click()
        expect(visitor.note).to_contain_text("no answer at the moment")
        expect(page.locator("[data-reading]")).to_have_count(0)
        expect(page.locator("#label .confidence-set")).to_have_count(0)
        page.unroute("**/run/predict*")
    assert ink(visitor) == drawn
    example.click()
    expect(page.locator("#card .time")).to_contain_text("read in")


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
