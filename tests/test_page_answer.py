"""The answer card: pictures, evidence, corrections, what a screen reader gets; and the history."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawings import drawing_of
from PIL import Image
from playwright.sync_api import Route, ViewportSize, expect
from running_app import Server
from visitor import SERVER_FUNCTIONS, Visitor, expect_empty, ink

from digit_model.explanation import AGAINST, FOR
from page.answer import full_answer

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

# Red, green, blue and alpha of a canvas of the card, pixel by pixel.
PIXELS = """(name) => {
  const canvas = document.querySelector(`#card .${name} canvas`);
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return Array.from(data);
}"""


# How many pixels of the picture are more green than red by this much, and more red than blue.
COLOURED = """([greener, redder]) => {
  const canvas = document.querySelector("#card .picture canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const found = [0, 0];
  for (let i = 0; i < data.length; i += 4) {
    found[0] += data[i + 1] - data[i] > greener;
    found[1] += data[i] - data[i + 2] > redder;
  }
  return found;
}"""


# Time limits are over twenty times as soon.


def pixels(visitor: Visitor, name: str) -> list[tuple[int, int, int, int]]:
    values = visitor.page.evaluate(PIXELS, name)
    return list(zip(*(values[channel::4] for channel in range(4)), strict=True))


def coloured(visitor: Visitor) -> tuple[int, int]:
    """How many pixels are blue and how many are orange; the dashes around the ink add a few.

    A pixel counts from the same share of the full colour on, because orange differs from grey by
    twice as much as blue.
    """
    full_blue, full_orange = float(FOR[1] - FOR[0]), float(AGAINST[0] - AGAINST[2])
    blue, orange = visitor.page.evaluate(COLOURED, [0.35 * full_blue, 0.35 * full_orange])
    return blue, orange


def stored(server: Server) -> list[dict[str, Any]]:
    folder = server.log.parent / "corrections"
    lines = [
        json.loads(line) | {"picture": file.parent / json.loads(line)["file_name"]}
        for file in folder.glob("**/metadata.jsonl")
        for line in file.read_text(encoding="utf-8").splitlines()
    ]
    return sorted(lines, key=lambda line: line["time"])


def test_the_card_shows_what_the_network_saw(visitor: Visitor) -> None:
    with visitor.page.expect_response("**/component_server/") as response:
        visitor.line((0.5, 0.2), (0.5, 0.8))
    visitor.settle()
    assert len(response.value.json()["confidences"]) == 10
    ink = [255 - red for red, _, _, _ in pixels(visitor, "model-input")]
    assert len(ink) == 28 * 28
    rows = [y for y in range(28) if any(ink[28 * y : 28 * y + 28])]
    assert 19 <= rows[-1] - rows[0] + 1 <= 22  # 20 pixels high, plus soft edges
    expect(visitor.page.locator("#card .time")).to_have_text(re.compile(r"^read in [\d.]+ ms$"))


def test_a_picture_shows_its_crop(visitor: Visitor, tmp_path: Path) -> None:
    picture = Image.new("RGB", (400, 200), "white")
    picture.paste((20, 20, 20), (300, 60, 312, 140))  # a 1, far to the right
    picture.save(tmp_path / "one.png")
    visitor.upload("one.png", (tmp_path / "one.png").read_bytes())
    expect(visitor.label).to_have_text("1")
    expect(visitor.page.locator("#card .picture figcaption")).to_have_text("Your picture")
    visitor.page.wait_for_function(
        f"({PIXELS})('picture').some((value, i) => i % 4 === 3 && value === 255)"
    )
    shown = pixels(visitor, "picture")
    side = round(len(shown) ** 0.5)
    dashes = [i % side for i, (red, _, blue, _) in enumerate(shown) if blue - red > 60]
    assert min(dashes) > side / 2  # the square is around the digit, not around the sheet
    assert max(dashes) < side


def test_the_crop_fits_the_ink() -> None:
    from digit_model import DigitRecognizer

    prediction = DigitRecognizer.from_pretrained().predict(drawing_of("8").png(), top_k=10)
    answer = full_answer(prediction, milliseconds=1.0)
    left, top, width, height = answer["crop"]
    assert width == pytest.approx(height)  # the picture is square
    x, y = zip(*[point for stroke in drawing_of("8").strokes for point in stroke], strict=True)
    longer = max(max(x) - min(x), max(y) - min(y)) + 21 / 280
    assert width == pytest.approx(longer * 28 / 20, rel=0.05)
    assert left < min(x) < max(x) < left + width
    assert top < min(y) < max(y) < top + height


def test_evidence_is_laid_over_the_ink(visitor: Visitor) -> None:
    reasons = visitor.page.locator("#card .reasons button")
    expect(reasons).to_have_text(list("0123456789"))
    expect(reasons.first).to_be_disabled()
    visitor.draw(drawing_of("7"))
    visitor.settle()
    assert max(coloured(visitor)) < 100
    legend = visitor.page.locator("#card .legend")
    reasons.nth(7).click()
    expect(legend).to_have_text("Blue speaks for a 7, orange against it.")
    blue, orange = coloured(visitor)
    assert blue > max(300, orange)  # it is a 7
    # The pointer is on the button, which looks pressed all the same.
    looks = "(button) => getComputedStyle(button).backgroundColor"
    assert reasons.nth(7).evaluate(looks) != reasons.nth(6).evaluate(looks)
    assert reasons.nth(7).evaluate("(button) => button.matches(':hover')")
    reasons.nth(1).click()
    expect(legend).to_contain_text("for a 1")
    other_blue, other_orange = coloured(visitor)
    assert other_orange > orange  # it is no 1: less ink speaks for it
    assert other_blue < blue
    visitor.page.locator("#label .confidence-set").first.click()  # the bar of the 7
    expect(legend).to_contain_text("for a 7")
    visitor.line((0.2, 0.9), (0.3, 0.9))  # a new answer is explained, too
    visitor.settle()
    expect(legend).to_contain_text("for a 7")
    reasons.nth(7).click()
    expect(legend).to_contain_text("Choose a digit")
    assert max(coloured(visitor)) < 100


def test_an_uploaded_picture_has_evidence_too(visitor: Visitor) -> None:
    visitor.button("Crossed seven icon Crossed seven").click()
    expect(visitor.label).to_have_text("7")
    visitor.page.locator("#card .reasons button").nth(7).click()
    expect(visitor.page.locator("#card .legend")).to_contain_text("Blue speaks for a 7")
    visitor.page.locator("#card .reasons button").nth(7).click()  # no other test asks for reasons


def test_what_would_make_it_another_digit(visitor: Visitor) -> None:
    reasons = visitor.page.locator("#card .reasons button")
    legend, change = visitor.page.locator("#card .legend"), visitor.page.locator("#card .change")
    ghosts = visitor.page.locator("#pad .ghosts")
    below = visitor.page.locator("#card .time")  # which must not move
    visitor.draw(drawing_of("3"))
    visitor.settle()
    expect(change).to_be_disabled()
    place = below.bounding_box()
    reasons.nth(3).click()
    expect(ghosts).to_be_visible()  # the evidence, large
    expect(change).to_be_disabled()  # it is a 3
    reasons.nth(8).click()
    expect(change).to_have_text("What would make it an 8?")
    change.click()
    expect(legend).to_have_text(re.compile("^Blue .* would make it an 8.$"))
    assert coloured(visitor)[0] > 100  # blue
    assert below.bounding_box() == place
    box, pad = ghosts.bounding_box(), visitor.box()
    assert box
    assert box["width"] == pytest.approx(box["height"], rel=0.02)
    longer = max(
        max(points) - min(points)
        for points in zip(*(point for s in drawing_of("3").strokes for point in s), strict=True)
    )
    assert box["width"] / pad["width"] == pytest.approx((longer + 21 / 280) * 28 / 20, rel=0.1)
    visitor.button("Clear").click()
    visitor.draw(drawing_of("0"))
    visitor.settle()
    reasons.nth(1).click()
    change.click()
    expect(legend).to_have_text("No small change would make it a 1.")
    expect(ghosts).to_be_hidden()
    reasons.nth(8).click()
    expect(ghosts).to_be_visible()
    visitor.press((0.2, 0.9))  # another stroke begins: the pad shows the ink itself again
    expect(ghosts).to_be_hidden()
    visitor.lift()
    visitor.settle()
    expect(change).to_have_attribute("aria-pressed", "false")
    reasons.nth(8).click()
    expect(ghosts).to_be_hidden()


def test_nothing_is_kept_without_consent_and_a_click(visitor: Visitor, server: Server) -> None:
    before = len(stored(server))
    wrong = visitor.page.get_by_text("That’s wrong")
    labels = visitor.page.locator("#card .labels button")
    send = visitor.button("Send")
    why = visitor.page.locator("#card .why-not")
    said = visitor.page.locator("#card .said")
    wrong.click()
    expect(labels.first).to_be_hidden()  # there is nothing to correct yet
    expect(wrong).to_have_attribute("aria-disabled", "true")
    visitor.draw(drawing_of("6"))
    visitor.settle()
    wrong.click()
    expect(labels).to_have_text([*"0123456789", "not a digit"])
    expect(send).to_be_disabled()
    expect(why).to_have_text("Choose what it really is.")
    labels.nth(8).click()
    expect(why).to_have_text("Tick the box, if you agree.")
    visitor.page.locator("#card .consent").check()
    assert len(stored(server)) == before
    send.click()
    expect(said).to_have_text("Thank you. Kept as an 8.")
    expect(send).to_be_hidden()  # one correction for each answer
    expect(visitor.button("Undo").last).to_be_focused()  # the keyboard goes on from there
    line = stored(server)[-1]
    assert len(stored(server)) == before + 1
    assert (line["label"], line["predicted_label"]) == ("8", "6")
    receipt = visitor.page.locator("#card .receipt code").inner_text()
    assert line["file_name"] == f"{receipt}.png"
    with Image.open(line["picture"]) as picture:
        assert picture.size == (280, 280)
        assert not picture.getexif()
    visitor.button("Undo").last.click()  # the card's
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before
    assert not line["picture"].exists()
    expect(labels.first).to_be_focused()
    expect(send).to_be_disabled()  # digit and consent are asked for again
    expect(visitor.page.locator("#card .consent")).not_to_be_checked()


def test_a_correction_can_be_taken_back_after_a_reload(visitor: Visitor, server: Server) -> None:
    before, page = len(stored(server)), visitor.page
    visitor.draw(drawing_of("6"))
    visitor.settle()
    wrong, said = page.get_by_text("That’s wrong"), page.locator("#card .said")
    wrong.click()
    page.locator("#card .labels button").nth(8).click()
    page.locator("#card .consent").check()
    visitor.button("Send").click()
    expect(said).to_have_text("Thank you. Kept as an 8.")
    visitor.button("Clear").click()
    page.keyboard.press("Control+z")
    expect(visitor.label).to_have_text("6")
    wrong.click()
    expect(said).to_have_text("Thank you. Kept as an 8.")  # it is the same drawing
    page.reload()
    expect(visitor.label).to_have_text("6")
    wrong.click()
    expect(said).to_have_text("Thank you. Kept as an 8.")
    assert len(stored(server)) == before + 1
    visitor.button("Undo").last.click()
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before


def test_a_receipt_waits_for_its_picture(visitor: Visitor, server: Server) -> None:
    before, page, held = len(stored(server)), visitor.page, list[Route]()
    entries = page.locator("#history li")
    visitor.draw(drawing_of("2"))
    expect(entries.first).to_have_text("2")
    page.get_by_text("That’s wrong").click()
    page.locator("#card .labels button").nth(8).click()
    page.locator("#card .consent").check()

    def hold(route: Route) -> None:
        if '"correct"' in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/component_server/", hold)
    visitor.button("Send").click()
    visitor.button("Clear").click()
    visitor.draw(drawing_of("5"))
    expect(entries.first).to_have_text("5")
    with page.expect_response(lambda response: "stored" in response.text()):
        held[0].continue_()
    page.unroute("**/component_server/")
    page.locator("#history summary").click()
    entries.nth(1).click()
    page.locator("#history summary").click()
    expect(visitor.label).to_have_text("2")
    page.get_by_text("That’s wrong").click()
    said = page.locator("#card .said")
    expect(said).to_have_text("Thank you. Kept as an 8.")
    visitor.button("Undo").last.click()
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before


def test_a_correction_without_an_answer_says_so(visitor: Visitor, server: Server) -> None:
    before = len(stored(server))
    visitor.draw(drawing_of("6"))
    visitor.settle()
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.locator("#card .labels button").nth(8).click()
    visitor.page.locator("#card .consent").check()
    send, said = visitor.button("Send"), visitor.page.locator("#card .said")
    for fail in (lambda route: route.fulfill(status=503), lambda route: route.abort()):
        visitor.page.route("**/component_server/", fail)
        send.click()
        expect(said).to_have_text("No answer from the server.")
        visitor.page.unroute("**/component_server/")
    send.click()
    expect(said).to_have_text("Thank you. Kept as an 8.")
    visitor.button("Undo").last.click()
    expect(said).to_have_text("Deleted.")
    assert len(stored(server)) == before


def test_nobody_waits_for_an_answer_on_a_dead_line(visit: Visit) -> None:
    visitor = visit()
    visitor.draw(drawing_of("6"))
    visitor.settle()
    visitor.hurry()
    visitor.page.route(SERVER_FUNCTIONS, lambda _: None)
    visitor.page.locator("#card .reasons button").nth(8).click()
    expect(visitor.page.locator("#card .legend")).to_have_text("No answer from the server.")
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.locator("#card .labels button").nth(8).click()
    visitor.page.locator("#card .consent").check()
    visitor.button("Send").click()
    expect(visitor.page.locator("#card .said")).to_have_text("No answer from the server.")
    expect(visitor.button("Send")).to_be_enabled()


def test_what_is_rubbed_out_is_no_longer_corrected(visitor: Visitor) -> None:
    visitor.line((0.3, 0.5), (0.7, 0.5))
    visitor.settle()
    visitor.page.get_by_text("That’s wrong").click()
    labels = visitor.page.locator("#card .labels")
    expect(labels).to_be_visible()
    visitor.button("Eraser").click()
    for y in (0.45, 0.5, 0.55):
        visitor.line((0.2, y), (0.8, y))
    expect(visitor.headline).to_have_text("nothing to read")
    expect(labels).to_be_hidden()


def test_on_a_phone_the_words_about_evidence_are_not_cut_off(visit: Visit) -> None:
    visitor = visit(viewport={"width": 360, "height": 740})
    visitor.draw(drawing_of("3"))
    visitor.settle()
    legend = visitor.page.locator("#card .legend")
    visitor.page.locator("#label .confidence-set").nth(1).click()
    expect(legend).to_contain_text("Blue speaks for")

    def assert_whole() -> None:
        for width in (320, 360):
            visitor.page.set_viewport_size({"width": width, "height": 740})
            assert legend.evaluate("legend => legend.scrollHeight - legend.clientHeight") <= 0

    assert_whole()
    visitor.page.locator("#card .change").click()
    expect(legend).not_to_contain_text("Blue speaks for")
    assert_whole()
    visitor.canvas.scroll_into_view_if_needed()
    visitor.button("Clear").click()
    reasons = visitor.page.locator("#card .reasons")
    expect(reasons).to_be_hidden()
    assert legend.inner_text().startswith("Tap a bar")
    visitor.line(*[(0.2 + 0.1 * n, 0.3 + 0.4 * (n % 2)) for n in range(7)])  # without bars
    expect(visitor.headline).to_have_text("not a digit")
    assert legend.inner_text().startswith("Tap a digit")
    reasons.get_by_text("7").click()
    expect(legend).to_contain_text("Blue speaks for")
    assert_whole()


def test_on_a_phone_evidence_is_for_one_drawing(visit: Visit) -> None:
    """There, no button shows which digit is chosen, and switches it off."""
    visitor = visit(viewport={"width": 360, "height": 740})
    legend = visitor.page.locator("#card .legend")
    visitor.draw(drawing_of("7"))
    expect(visitor.label).to_have_text("7")
    visitor.page.locator("#label .confidence-set").first.click()
    expect(legend).to_contain_text("speaks for a 7")
    visitor.canvas.scroll_into_view_if_needed()
    visitor.button("Clear").click()
    visitor.draw(drawing_of("3"))
    expect(visitor.label).to_have_text("3")
    visitor.page.wait_for_timeout(1000)  # it would be asked 0.6 seconds after the answer
    expect(legend).not_to_contain_text("Blue speaks for")


def test_a_picture_that_is_no_digit_is_kept_as_such(visitor: Visitor, server: Server) -> None:
    visitor.button("Crossed seven icon Crossed seven").click()
    expect(visitor.label).to_have_text("7")
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.locator("#card .labels button").last.click()
    visitor.page.locator("#card .consent").check()
    visitor.button("Send").click()
    said = visitor.page.locator("#card .said")
    expect(said).to_have_text("Thank you. Kept as not a digit.")
    assert stored(server)[-1]["label"] == "not a digit"
    visitor.line((0.5, 0.2), (0.5, 0.8))  # another picture: the receipt was for the one before,
    expect(said).to_have_text("")
    visitor.settle()
    visitor.page.get_by_text("That’s wrong").click()
    expect(visitor.page.locator("#card .consent")).not_to_be_checked()  # and so was the consent


def test_the_verdict_is_spoken_once(visitor: Visitor) -> None:
    visitor.page.evaluate(
        """() => {
          window.heard = [];
          const spoken = document.querySelector("#card [role=status].spoken");
          new MutationObserver(() => window.heard.push(spoken.textContent))
            .observe(spoken, {childList: true, characterData: true, subtree: true});
        }"""
    )
    visitor.draw(drawing_of("5"))
    visitor.page.wait_for_function("window.heard.includes('This is a 5. Very sure.')")
    heard = [text for text in visitor.page.evaluate("window.heard") if text]
    assert len(heard) <= 2  # not every answer during the drawing
    visitor.upload("bad.png", b"no picture")
    visitor.page.wait_for_function("window.heard.at(-1).startsWith('This file is not a picture')")


def test_the_visit_has_a_history(visitor: Visitor, visit: Visit) -> None:
    entries = visitor.page.locator("#history li")
    for label in ("3", "8"):
        visitor.draw(drawing_of(label))
        expect(visitor.label).to_have_text(label)
        expect(entries.first).to_have_text(label)
        visitor.button("Clear").click()
    visitor.button("Red marker on nothing icon Red marker on nothing").click()
    expect(visitor.label).to_have_text("4")
    for number, label in enumerate("483"):  # after them, what other tests have drawn
        expect(entries.nth(number)).to_have_text(label)
    visitor.page.locator("#history summary").click()
    entries.nth(2).locator("button").click()
    expect(visitor.label).to_have_text("3")
    expect(visitor.page.locator("#label .confidence-set dt").first).to_have_text("3")
    expect(entries.first.locator("img")).to_be_visible()
    visitor.page.locator("#history summary").click()
    again = visit()
    expect(again.page.locator("#history .count")).to_have_text("(0)")  # each visitor has one


def test_what_is_cleared_as_soon_as_it_is_answered_is_in_the_history(visit: Visit) -> None:
    visitor = visit()
    for label in ("3", "8"):
        visitor.draw(drawing_of(label))
        visitor.settle()
        visitor.page.keyboard.press("Delete")
        expect(visitor.page.locator("#history li").first).to_have_text(label)
        expect_empty(visitor)
    visitor.page.reload()
    entries = visitor.page.locator("#history li")
    expect(entries).to_have_text([re.compile("8"), re.compile("3")])  # the latest first, as before


def test_the_history_shows_what_was_answered_though_the_drawing_went_on(visit: Visit) -> None:
    visitor = visit()
    entries = visitor.page.locator("#history li")
    visitor.draw(drawing_of("7"))
    expect(entries.first).to_have_text("7")
    drawn = ink(visitor)
    visitor.line((0.2, 0.8), (0.8, 0.8))  # a slip, which is answered, too
    visitor.settle()
    visitor.page.keyboard.press("Delete")  # before it would be kept
    visitor.page.locator("#history summary").click()
    entries.first.locator("button").click()
    expect(visitor.label).to_have_text("7")
    assert ink(visitor) == pytest.approx(drawn, abs=0.5)
    expect(entries).to_have_count(1)


# How far the time reaches over its box, and over what is on its left, in pixels.
TIME_REACHES = """(text) => {
  const time = document.querySelector("#card .time");
  time.textContent = text;
  const summary = document.querySelector("#card .wrong summary").getBoundingClientRect();
  const { left } = time.getBoundingClientRect();
  return [time.scrollWidth - time.clientWidth, Math.max(0, summary.right - left)];
}"""


def test_the_time_of_a_slow_answer_is_not_cut_off(visitor: Visitor) -> None:
    visitor.page.set_viewport_size(ViewportSize(width=360, height=740))
    visitor.draw(drawing_of("4"))
    visitor.settle()
    assert visitor.page.evaluate(TIME_REACHES, "read in 1234.5 ms") == [0, 0]
