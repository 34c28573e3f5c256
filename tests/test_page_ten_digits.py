"""The Ten digits tab: written once, kept as a poster, given to the training and taken back."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from drawings import Drawing, drawing_of
from PIL import Image
from playwright.sync_api import Route, ViewportSize, expect
from running_app import Server
from test_page_answer import stored
from test_page_layout import serious_violations
from visitor import Visitor, draw_with_palm

from digit_model import DigitRecognizer
from page.ten_digits_tab import digit_reading

SURE = [">99%", "98%", *[">99%"] * 8]
TIPS = [(0.2 + 0.1 * n, 0.3 + 0.4 * (n % 2)) for n in range(7)]
ZIGZAG = Drawing("", [[*pair] for pair in itertools.pairwise(TIPS)])
PAD_PARTS = ("canvas", "figcaption")
Visit = Callable[..., Visitor]
# Whether what lies in each corner of a pad is the pad.
CORNERS = """(pad) => {
  const { left, top, right, bottom } = pad.getBoundingClientRect();
  return [left + 9, right - 9].flatMap((x) =>
    [top + 9, bottom - 9].map((y) => document.elementFromPoint(x, y) === pad));
}"""


@pytest.mark.browser
def test_ten_digits_become_a_poster_and_are_given_and_taken_back(
    visit: Visit, server: Server, tmp_path: Path
) -> None:
    visitor = visit(viewport=ViewportSize(width=390, height=844))
    visitor.open("Ten digits")
    pads, captions = (visitor.page.locator(f"#ten-digits {part}") for part in ("canvas", ".sure"))
    save = visitor.button("Save the poster")
    expect(save).to_be_disabled()
    visitor.page.mouse.move(5, 5)
    visitor.page.mouse.down()
    pads.nth(0).hover()
    visitor.page.mouse.up()  # pressed elsewhere
    visitor.page.wait_for_timeout(600)
    expect(captions.nth(0)).to_have_text("")
    for digit in range(10):
        visitor.write(pads.nth(digit), drawing_of("4" if digit == 3 else str(digit)))
    expect(captions.nth(3)).to_have_text("read as 4")
    expect(save).to_be_enabled()
    visitor.button("Write the 3 again").click()
    expect(visitor.page.locator("#ten-digits .progress")).to_have_text("9 of 10 written")
    draw_with_palm(pads.nth(3), drawing_of("3"))
    expect(captions).to_have_text(SURE)
    assert all(pads.nth(5).evaluate(CORNERS))  # strokes may begin anywhere on a pad
    assert serious_violations(visitor) == []
    assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0

    with visitor.page.expect_download() as download:
        save.click()
    download.value.save_as(tmp_path / "poster.png")
    with Image.open(tmp_path / "poster.png") as poster:
        width, height = poster.size
        ink = np.asarray(poster.convert("L")) < 60
    columns = [ink[:, x * width // 5 : (x + 1) * width // 5].mean() for x in range(5)]
    assert width > height > 800
    assert min(columns) > 0.01  # there is ink in each

    before = len(stored(server))
    visitor.page.get_by_text("Give them to the training").click()
    send, consent = visitor.button("Send all ten"), visitor.page.locator("#ten-digits .consent")
    expect(send).to_be_disabled()
    consent.check()
    visitor.page.route("**/component_server/*", lambda _: None)  # the server takes its time
    send.click()
    expect(consent).to_be_disabled()  # what it was given for is on its way
    expect(send).to_be_disabled()
    visitor.write(pads.nth(3), drawing_of("3"))  # once more, meanwhile
    visitor.page.unroute("**/component_server/*")
    said = visitor.page.locator("#ten-digits .said")
    expect(said).to_have_text("Thank you. All ten are kept.")
    assert [line["label"] for line in stored(server)[before:]] == [*"0123456789"]
    visitor.write(pads.nth(3), drawing_of("3"))  # and afterwards: the others can be taken back
    expect(said).to_have_text("Those that you sent before are kept.")
    expect(send).to_be_disabled()
    visitor.page.reload()  # Undo is still there
    visitor.open("Ten digits")
    visitor.page.get_by_text("Give them to the training").click()
    expect(said).to_have_text("Those that you sent before are kept.")
    visitor.page.route("**/component_server/*", lambda route: route.abort(), times=1)
    visitor.page.locator("#ten-digits .withdraw").click()
    expect(said).to_have_text("No answer from the server.")
    assert len(stored(server)) == before + 1  # the other nine are gone all the same
    visitor.page.locator("#ten-digits .withdraw").click()
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before
    expect(consent).not_to_be_checked()

    consent.check()
    refused: list[Route] = []

    def refuse_the_third(route: Route) -> None:
        refused.append(route)
        route.abort() if len(refused) == 3 else route.continue_()

    visitor.page.route("**/component_server/*", refuse_the_third)
    send.click()
    expect(said).to_have_text("Only 2 of the ten are kept. No answer from the server.")
    visitor.page.unroute("**/component_server/*")
    send.click()  # once more
    expect(said).to_have_text("Thank you. All ten are kept.")
    visitor.page.locator("#ten-digits .withdraw").click()
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before

    visitor.page.reload()
    visitor.open("Ten digits")
    expect(captions).to_have_text(SURE)
    visitor.button("Start over").click()
    expect(captions).to_have_text([""] * 10)
    expect(save).to_be_disabled()
    visitor.page.route("**/component_server/*", lambda route: route.abort(), times=10)
    visitor.button("Bring them back").click()
    expect(captions).to_have_text(SURE)  # asked once more after a failure
    visitor.hurry()
    visitor.page.route("**/component_server/*", lambda _: None, times=1)
    visitor.button("Write the 3 again").click()
    visitor.write(pads.nth(3), drawing_of("3"))
    expect(captions).to_have_text(SURE)  # or on a dead line


def test_a_reading_names_what_a_digit_is_nearest_to() -> None:
    buffer = io.BytesIO(drawing_of("7").png())
    prediction = DigitRecognizer.from_pretrained().predict(Image.open(buffer), top_k=10)
    as_written, as_another = digit_reading(prediction, "7"), digit_reading(prediction, "1")
    assert (as_written["is_read"], as_written["sure"]) == (True, ">99%")
    assert as_written["nearest"] != "7"
    assert (as_another["is_read"], as_another["read_as"]) == (False, "read as 7")
    assert (as_another["sure"], as_another["nearest"]) == ("<1%", "7")


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
def test_a_pad_says_all_of_why_its_digit_was_not_read(visit: Visit, width: int) -> None:
    visitor = visit(viewport=ViewportSize(width=width, height=844))
    visitor.open("Ten digits")
    pad, caption = (visitor.page.locator(f"#ten-digits {part}").nth(2) for part in PAD_PARTS)
    fits = "(element) => element.scrollWidth <= element.clientWidth"
    height = caption.evaluate("(element) => element.offsetHeight")
    visitor.page.route("**/component_server/*", lambda route: route.abort())
    visitor.write(pad, ZIGZAG)
    for said in ("No answer from the server.", "no digit"):
        expect(caption.locator(".sure")).to_have_text(said)
        assert caption.evaluate(fits)
        assert caption.evaluate("(element) => element.offsetHeight") == height
        visitor.page.unroute_all()
