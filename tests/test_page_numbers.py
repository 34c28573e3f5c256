"""Numbers on the page: written on a pad that grows, read, copied, and looked at digit by digit."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawings import Point, drawing_of
from number_strokes import (
    digits_of_one_writer,
    paper_side,
    wait_for_growth,
    write_digit,
    write_number,
)
from PIL import Image
from playwright.sync_api import Locator, Route, ViewportSize, expect
from running_app import Server
from test_page_answer import coloured, stored
from test_page_layout import IN_COLOURS_OF, PLACES, serious_violations
from visitor import DESK, Visitor, ink

from digit_model import DigitRecognizer
from digit_model.data.number_pictures import draw_number
from page.answer import full_answer
from page.data_url import decode_data_url

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]

PHONE: dict[str, Any] = {"viewport": ViewportSize(width=390, height=844)}
# Left, top, right and bottom of the pad's ink, in fractions of the pad.
INK_BOX = """() => {
  const canvas = document.querySelector("#pad canvas");
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let [left, top, right, bottom] = [1, 1, 0, 0];
  const side = canvas.width;
  for (let i = 0; i < data.length / 4; i++) {
    if (data[4 * i] > 128) continue;
    const [x, y] = [(i % side) / side, Math.floor(i / side) / side];
    [left, top] = [Math.min(left, x), Math.min(top, y)];
    [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
  }
  return [left, top, right, bottom];
}"""
ONE: list[Point] = [(0.3, 0.2), (0.3, 0.8)]
AT_EDGE: list[Point] = [(0.93, 0.2), (0.93, 0.8)]


def boxes(visitor: Visitor) -> Locator:
    return visitor.page.locator("#pad .boxes span")


def digits(visitor: Visitor) -> Locator:
    return visitor.page.locator("#card .digits button")


def ink_box(visitor: Visitor) -> list[float]:
    visitor.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
    return list(visitor.page.evaluate(INK_BOX))


def number_file(text: str, seed: int = 3) -> bytes:
    buffer = io.BytesIO()
    drawn = draw_number(text, np.random.default_rng(seed), spacing="usual")
    Image.fromarray(drawn).save(buffer, "PNG")
    return buffer.getvalue()


# ---- the pad


def check_a_number_while_the_pad_grows(visitor: Visitor, text: str) -> None:
    parts = ["#pad .sheet", "#card", "#label", "#history"]
    before = visitor.page.evaluate(PLACES, parts)
    write_number(visitor, text)
    expect(visitor.label).to_have_text(text)
    expect(visitor.note).to_have_text(re.compile(rf"^{len(text)} digits, \d+% sure of all\.$"))
    expect(digits(visitor)).to_have_text(list(text))
    expect(boxes(visitor)).to_have_text(list(text))
    assert paper_side(visitor) > 1
    assert visitor.page.evaluate(PLACES, parts) == before  # nothing has moved


def test_a_number_is_read_while_the_pad_grows(visitor: Visitor) -> None:
    check_a_number_while_the_pad_grows(visitor, "518302")
    visitor.button("Clear").click()
    assert paper_side(visitor) == 1
    expect(boxes(visitor)).to_have_count(0)
    expect(visitor.headline).to_have_text("draw something")


def test_a_number_is_written_with_a_finger_on_a_phone(visit: Visit) -> None:
    visitor = visit(touch=True, **PHONE)
    check_a_number_while_the_pad_grows(visitor, "47")
    for button in digits(visitor).all():
        box = button.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    assert serious_violations(visitor) == []


def test_one_digit_leaves_the_pad_as_it_is(visitor: Visitor) -> None:
    visitor.line((0.1, 0.1), (0.95, 0.1), (0.4, 0.9))  # a large 7, to the right edge
    visitor.settle()
    wait_for_growth(visitor)
    assert paper_side(visitor) == 1
    expect(visitor.label).to_have_text("7")
    expect(boxes(visitor)).to_have_count(0)
    expect(digits(visitor)).to_have_count(0)
    expect(visitor.button("Copy")).to_be_hidden()


def test_digits_that_touch_make_room_for_the_next_one(visitor: Visitor) -> None:
    visitor.line((0.3, 0.3), (0.1, 0.55), (0.5, 0.55))
    visitor.line((0.4, 0.3), (0.4, 0.75))
    seven = ((0.48, 0.3), (0.7, 0.3), (0.9, 0.3), (0.88, 0.33), (0.77, 0.54), (0.65, 0.75))
    visitor.line(*seven)  # above the end of the 4's bar
    wait_for_growth(visitor)
    assert paper_side(visitor) == 1.5
    expect(visitor.headline).to_have_text("47")


def test_growth_keeps_the_ink_and_undo_restores_the_pad(visitor: Visitor) -> None:
    visitor.line(*ONE)
    before = ink_box(visitor)
    visitor.line(*AT_EDGE)
    assert paper_side(visitor) == 1  # not before a second stroke could have begun
    wait_for_growth(visitor)
    side = paper_side(visitor)
    assert side == 1.5
    grown = ink_box(visitor)
    assert grown[0] == pytest.approx(before[0] / side, abs=0.01)
    assert grown[1] == pytest.approx(0.5 + (before[1] - 0.5) / side, abs=0.01)
    assert grown[3] == pytest.approx(0.5 + (before[3] - 0.5) / side, abs=0.01)
    visitor.page.keyboard.press("Control+z")
    assert paper_side(visitor) == 1
    assert ink_box(visitor) == before
    visitor.page.keyboard.press("Control+Shift+z")
    assert paper_side(visitor) == side
    assert ink_box(visitor) == grown
    visitor.button("Clear").click()
    assert (paper_side(visitor), ink(visitor)) == (1, 0)
    visitor.page.keyboard.press("Control+z")
    assert paper_side(visitor) == side
    assert ink_box(visitor) == grown


def test_the_next_stroke_of_a_digit_is_where_the_pen_is(visitor: Visitor) -> None:
    for _ in range(5):
        visitor.line(*ONE)
        visitor.line(*AT_EDGE)
        visitor.press((0.85, 0.5))  # at once: the pad doesn't grow under the pen
        if paper_side(visitor) == 1:  # else it was too late: this machine is busy
            break
        visitor.lift()
        visitor.start_over()
    wait_for_growth(visitor)
    assert paper_side(visitor) == 1
    visitor.lift()
    wait_for_growth(visitor)
    assert paper_side(visitor) == 1.5
    visitor.line((0.9, 0.1), (0.9, 0.2))  # on the larger paper, under the pointer, too
    assert ink_box(visitor)[2] == pytest.approx(0.9 + 0.0375 / 1.5, abs=0.01)


def test_ink_beyond_the_edge_is_read_once_the_pad_has_grown(visitor: Visitor) -> None:
    four, seven = digits_of_one_writer("47")
    write_digit(visitor, four, left=0.1)
    write_digit(visitor, seven, left=0.85)  # most of it outside
    expect(visitor.label).to_have_text("47")


def test_the_pad_grows_though_the_stroke_is_undone_with_which_it_grew(visitor: Visitor) -> None:
    four, seven = digits_of_one_writer("47")
    write_digit(visitor, four, left=0.1)
    write_digit(visitor, seven, left=0.85)  # most of it outside
    visitor.line((0.5, 0.9), (0.5, 0.92))  # before it has grown
    wait_for_growth(visitor)
    visitor.page.keyboard.press("Control+z")
    wait_for_growth(visitor)
    assert paper_side(visitor) > 1
    expect(visitor.label).to_have_text("47")


def test_a_second_line_has_room(visitor: Visitor) -> None:
    write_number(visitor, "47")
    side = paper_side(visitor)
    write_digit(visitor, digits_of_one_writer("5")[0], left=0.1, middle=1.05)  # to the bottom
    assert paper_side(visitor) > side
    expect(visitor.label).to_have_text("47\n5", use_inner_text=True)


def test_boxes_are_at_the_ink_and_vanish_with_the_next_stroke(visitor: Visitor) -> None:
    write_number(visitor, "47")
    wait_for_growth(visitor)  # while it grows they are gone
    expect(boxes(visitor)).to_have_count(2)
    pad, around = visitor.box(), [box.bounding_box() for box in boxes(visitor).all()]
    left, top, right, bottom = ink_box(visitor)
    assert around[0]
    assert around[1]
    tolerance = 0.03 * pad["width"]
    assert around[0]["x"] - pad["x"] == pytest.approx(left * pad["width"], abs=tolerance)
    assert around[1]["x"] + around[1]["width"] - pad["x"] == pytest.approx(
        right * pad["width"], abs=tolerance
    )
    for box in around:
        assert box
        assert box["y"] - pad["y"] == pytest.approx(top * pad["height"], abs=2 * tolerance)
        assert box["y"] + box["height"] - pad["y"] == pytest.approx(
            bottom * pad["height"], abs=2 * tolerance
        )
    middle = (around[0]["x"] + around[0]["width"] / 2 - pad["x"]) / pad["width"]
    visitor.press((middle, 0.5))  # they don't intercept the pen
    expect(boxes(visitor)).to_have_count(0)
    visitor.move((middle, 0.55))
    visitor.page.wait_for_timeout(200)
    expect(boxes(visitor)).to_have_count(0)
    visitor.lift()


def test_the_answer_stays_while_the_next_digit_begins(visitor: Visitor) -> None:
    answers = ["digit", "not_a_digit"]

    def answer(route: Route) -> None:
        verdict = answers[0] if len(answers) == 1 else answers.pop(0)
        headline = {"digit": "4", "not_a_digit": "not a digit"}[verdict]
        route.fulfill(json={"verdict": verdict, "headline": headline, "confidences": []})

    visitor.page.route("**/component_server/", answer)
    visitor.line((0.3, 0.5))
    expect(visitor.label).to_have_text("4")
    visitor.settle()
    visitor.press((0.7, 0.5))
    visitor.settle()
    expect(visitor.label).to_have_text("4")
    visitor.lift()
    expect(visitor.label).to_have_text("not a digit")


# ---- the card


def test_a_digit_is_chosen_and_looked_at(visitor: Visitor) -> None:
    write_number(visitor, "47")
    visitor.settle()
    most_probable = visitor.page.locator("#label .confidence-set dt").first
    expect(digits(visitor).nth(0)).to_have_attribute("aria-pressed", "true")
    expect(most_probable).to_have_text("4")
    seen = visitor.page.locator("#card .model-input canvas")
    first = seen.evaluate("(canvas) => canvas.toDataURL()")
    digits(visitor).nth(0).focus()
    visitor.page.keyboard.press("Tab")
    visitor.page.keyboard.press("Enter")
    expect(digits(visitor).nth(1)).to_have_attribute("aria-pressed", "true")
    expect(digits(visitor).nth(0)).to_have_attribute("aria-pressed", "false")
    expect(digits(visitor).nth(1)).to_be_focused()
    expect(most_probable).to_have_text("7")
    expect(visitor.headline).to_have_text("47")
    assert seen.evaluate("(canvas) => canvas.toDataURL()") != first
    reasons = visitor.page.locator("#card .reasons button")
    with visitor.page.expect_request("**/component_server/") as request:
        reasons.nth(7).click()
    expect(visitor.page.locator("#card .legend")).to_contain_text("Blue speaks for a 7")
    asked = json.loads(request.value.post_data or "")["data"]
    recognizer = DigitRecognizer.from_pretrained()
    alone = recognizer.cut_out(decode_data_url(asked["picture"]), asked["box"])
    assert recognizer.predict(alone).label == "7"
    blue, orange = coloured(visitor)
    assert blue > orange
    reasons.nth(7).click()


def test_a_chosen_digit_is_corrected(visitor: Visitor, server: Server) -> None:
    before = len(stored(server))
    write_number(visitor, "58")
    expect(visitor.label).to_have_text("58")
    visitor.settle()
    digits(visitor).nth(1).click()
    visitor.page.get_by_text("That’s wrong").click()
    expect(visitor.page.locator("#card .which")).to_have_text(
        "The 8 that you have chosen above is really:"
    )
    labels = visitor.page.locator("#card .labels button")
    labels.nth(3).click()
    visitor.page.locator("#card .consent").check()
    visitor.button("Send").click()
    said = visitor.page.locator("#card .said")
    expect(said).to_have_text("Thank you. Kept as a 3.")
    assert len(stored(server)) == before + 1
    line = stored(server)[-1]
    assert (line["label"], line["predicted_label"]) == ("3", "8")
    with Image.open(line["picture"]) as picture:
        assert max(picture.size) < 280  # the digit, not the number
    digits(visitor).nth(0).click()
    expect(said).to_have_text("")
    expect(visitor.page.locator("#card .consent")).not_to_be_checked()


def test_what_was_taken_for_a_number_is_corrected_as_one_digit(
    visitor: Visitor, server: Server
) -> None:
    before = len(stored(server))
    write_number(visitor, "58")
    expect(visitor.label).to_have_text("58")
    visitor.settle()
    visitor.page.get_by_text("That’s wrong").click()
    visitor.page.get_by_label("All of it is one digit").check()
    expect(visitor.page.locator("#card .which")).to_have_text("It really is:")
    visitor.page.locator("#card .labels button").nth(4).click()
    visitor.page.locator("#card .consent").check()
    visitor.button("Send").click()
    expect(visitor.page.locator("#card .said")).to_have_text("Thank you. Kept as a 4.")
    line = stored(server)[-1]
    assert (line["label"], line["verdict"]) == ("4", "several")
    visitor.page.locator("#card .withdraw").click()
    expect(visitor.page.locator("#card .said")).to_have_text("Deleted.")
    assert len(stored(server)) == before
    expect(visitor.page.get_by_label("All of it is one digit")).not_to_be_checked()


def test_the_number_is_copied(visitor: Visitor) -> None:
    def copy(text: str) -> None:
        visitor.upload("number.png", number_file(text))
        expect(visitor.label).to_have_text(text, use_inner_text=True)
        visitor.button("Copy").click()
        expect(visitor.button("Copied")).to_be_visible()
        assert visitor.page.evaluate("navigator.clipboard.readText()") == text

    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    copy("31415\n926")
    expect(visitor.button("Copy")).to_be_visible()  # again, for the next number
    # Where the page may not write there, it knows another way.
    visitor.page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(); }")
    copy("2718")
    visitor.page.evaluate("() => { delete navigator.clipboard.writeText; }")
    visitor.page.context.clear_permissions()


FITS = """() => {
  const label = document.querySelector("#card .label").getBoundingClientRect();
  const verdict = document.querySelector("#card .verdict").getBoundingClientRect();
  const note = document.querySelector("#card .note").getBoundingClientRect();
  const button = document.querySelector("#card .copy").getBoundingClientRect();
  const digits = document.querySelector("#card .digits").getBoundingClientRect();
  return [label.right <= button.left, label.top >= verdict.top - 1, label.bottom < note.top,
    note.bottom <= verdict.bottom + 1, button.bottom <= digits.top].every(Boolean);
}"""


def test_any_number_fits(visitor: Visitor) -> None:
    recognizer = DigitRecognizer.from_pretrained()
    answer = full_answer(recognizer.predict(number_file("47"), top_k=10), 1.0)
    visitor.page.route("**/component_server/", lambda route: route.fulfill(json=answer))
    for text in ("47", "123456", "0" * 14, "8" * 30, "1\n2\n3\n4\n5\n6", "12345678\n9"):
        answer |= {"headline": text, "number": answer["number"] | {"text": text}}
        visitor.line(*ONE)
        expect(visitor.label).to_have_text(text, use_inner_text=True)
        for size in (PHONE["viewport"], DESK):
            visitor.page.set_viewport_size(size)
            visitor.page.wait_for_function(f"innerWidth === {size['width']}")
            visitor.page.wait_for_function(FITS)
            assert visitor.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        visitor.button("Clear").click()


def test_a_photograph_of_a_number_shows_its_boxes_and_enters_the_history(visitor: Visitor) -> None:
    visitor.upload("number.png", number_file("2718"))
    expect(visitor.label).to_have_text("2718")
    expect(digits(visitor)).to_have_text(list("2718"))
    visitor.page.wait_for_function(
        """() => {
          const canvas = document.querySelector("#card .picture canvas");
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let blue = 0;
          for (let i = 0; i < data.length; i += 4) blue += data[i + 2] - data[i] > 60;
          return blue > 200;
        }"""
    )
    entries = visitor.page.locator("#history li")
    expect(entries.first).to_have_text("2718")
    visitor.button("Clear").click()
    visitor.draw(drawing_of("7"))
    expect(entries.first).to_have_text("7")
    visitor.page.locator("#history summary").click()
    entries.nth(1).locator("button").click()
    expect(visitor.label).to_have_text("2718")
    expect(digits(visitor)).to_have_count(4)
    visitor.page.locator("#history summary").click()


def test_a_number_is_accessible(visitor: Visitor) -> None:
    visitor.upload("number.png", number_file("47"))
    expect(visitor.label).to_have_text("47")
    assert serious_violations(visitor) == []
    visitor.button("Clear").click()
    write_number(visitor, "47")
    expect(boxes(visitor)).to_have_count(2)
    visitor.page.emulate_media(color_scheme="dark")
    visitor.page.wait_for_function(IN_COLOURS_OF, arg="dark")
    assert serious_violations(visitor) == []
    visitor.page.emulate_media(forced_colors="active")
    colours = boxes(visitor).first.evaluate("(box) => getComputedStyle(box).borderTopColor")
    assert colours == "rgb(74, 114, 191)"  # on paper that stays white
    visitor.page.emulate_media(color_scheme="light", forced_colors="none")
    visitor.page.wait_for_function(IN_COLOURS_OF, arg="light")


# ---- many pictures


def test_numbers_in_many_pictures(visitor: Visitor, tmp_path: Path) -> None:
    names = {"one.png": "2718", "lines.png": "31415\n926"}
    for name, text in names.items():
        (tmp_path / name).write_bytes(number_file(text))
    (tmp_path / "3.png").write_bytes(drawing_of("3").png())
    page = visitor.page
    visitor.open("Many pictures")
    page.locator("#batch .files").set_input_files(
        [str(tmp_path / name) for name in (*names, "3.png")]
    )
    rows = page.locator("#batch tbody tr")
    expect(rows).to_have_count(3)
    answers = rows.locator(".answer").all_inner_texts()
    assert answers == ["2718", "31415 / 926", "3"]
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert '"lines.png","31415 / 926",8,' in text
    visitor.button("Clear list").click()
