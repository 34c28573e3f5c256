"""The Many pictures tab: the list, its order and filters, folders, and the CSV file."""

from __future__ import annotations

import codecs
import csv
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from drawings import Drawing
from hostile_files import heic
from PIL import Image
from playwright.sync_api import Page, Route, expect
from repository import ROOT
from visitor import DESK, Visitor

from digit_model.prediction import make_prediction
from digit_model.preprocess import Preprocessed
from digit_model.serving.timed import TimedPrediction
from page.batch_rows import batch_row, guarded
from page.server.upload_room import NO_ROOM

pytestmark = pytest.mark.browser


@pytest.fixture
def batch(drawings: list[Drawing], tmp_path: Path) -> list[str]:
    """Three digits, a blank sheet, and two files that can't be read."""
    for name in ("3", "5", "8"):
        drawing = next(drawing for drawing in drawings if drawing.label == name)
        (tmp_path / f"{name}.png").write_bytes(drawing.png())
    Image.new("L", (50, 50), 255).save(tmp_path / "sheet.png")
    (tmp_path / "notes.txt").write_text("seven", encoding="utf-8")
    (tmp_path / "cut.png").write_bytes((tmp_path / "3.png").read_bytes()[:150])
    names = ("8.png", "notes.txt", "5.png", "cut.png", "3.png", "sheet.png")
    return [str(tmp_path / name) for name in names]


# This tab keeps so many characters under a name, at most.
LITTLE_ROOM = """(most) => {
  const store = Storage.prototype.setItem;
  Storage.prototype.setItem = function (key, text) {
    if (text.length > most) throw new DOMException("full", "QuotaExceededError");
    store.call(this, key, text);
  };
}"""


# On a busy machine, all may be read before a test comes to click.
STOP_AT_FIRST_ROW = """() => {
  const observer = new MutationObserver(() => {
    observer.disconnect();
    document.querySelector("#batch .stop").click();
  });
  observer.observe(document.querySelector("#batch tbody"), {childList: true});
}"""


def listed(page: Page) -> list[str]:
    return page.locator("#batch tbody .name").all_inner_texts()


def chips(page: Page) -> list[str]:
    return page.locator("#batch .chips button").all_inner_texts()


def test_a_batch_is_a_list_with_a_row_for_each_file(visitor: Visitor, batch: list[str]) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    page.locator("#batch .files").set_input_files(batch)
    rows = page.locator("#batch tbody tr")
    expect(page.locator("#batch .status")).to_have_text("4 pictures read, 2 can’t be read.")
    expect(rows).to_have_count(6)
    assert listed(page) == [Path(file).name for file in batch]
    expect(rows.nth(0)).to_contain_text("8Very sure, >99%")
    expect(rows.nth(1)).to_contain_text("Can’t be readThis file is not a picture")
    expect(rows.nth(3)).to_contain_text("Can’t be readThe picture is damaged")
    expect(rows.nth(5)).to_contain_text("nothing to read–")
    expect(rows.locator("img")).to_have_count(4)
    totals = {
        "All 6",
        "Needs a look 3",
        "3 1",
        "5 1",
        "8 1",
        "can’t be read 2",
        "nothing to read 1",
    }
    assert {" ".join(chip.split()) for chip in chips(page)} == totals

    look = visitor.button("Needs a look 3")
    look.click()
    expect(look).to_have_attribute("aria-pressed", "true")
    assert listed(page) == ["notes.txt", "cut.png", "sheet.png"]
    look.click()  # and back
    expect(rows).to_have_count(6)
    file = page.get_by_role("columnheader", name="File")
    for order, first in (("ascending", "3.png"), ("descending", "sheet.png")):
        file.get_by_role("button").click()
        expect(file).to_have_attribute("aria-sort", order)
        assert listed(page)[0] == first
    page.locator("#batch [data-key=sure]").click()
    assert {*listed(page)[:3]} == {"notes.txt", "cut.png", "sheet.png"}  # there, nothing is

    with page.expect_download() as download:
        visitor.button("Download as CSV").click()
    assert download.value.suggested_filename == "digits.csv"
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(codecs.BOM_UTF8)  # else Excel takes it for another encoding
    text = content.decode("utf-8-sig")
    saved = list(csv.DictReader(io.StringIO(text)))
    assert list(saved[0]) == ["File", "Answer", "Digits", "Sure %", "Next best", "Problem"]
    assert [row["File"] for row in saved] == [Path(file).name for file in batch]
    assert [row["Answer"] for row in saved] == ["8", "", "5", "", "3", "nothing to read"]
    assert saved[1]["Problem"].startswith("This file is not a picture")
    assert float(saved[0]["Sure %"]) > 99
    visitor.button("Clear list").click()
    expect(page.locator("#batch .empty")).to_be_visible()


def test_a_list_is_there_again_after_a_reload_until_it_is_cleared(visitor: Visitor) -> None:
    page = visitor.page
    page.set_viewport_size({"width": 360, "height": 740})
    visitor.open("Many pictures")
    page.get_by_role("button", name="examples").click()
    expect(page.locator("#batch .status")).to_have_text("7 pictures read.")
    names = listed(page)
    assert names[1] == "crossed-seven.jpg"
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    # A row is a card, with its texts beside the picture, not in narrow columns.
    widths = "elements => elements.map((element) => element.offsetWidth)"
    assert min(page.locator("#batch tbody .name").evaluate_all(widths)) > 200  # pixels
    page.reload()
    visitor.open("Many pictures")
    assert listed(page) == names
    expect(page.locator("#batch img")).to_have_count(7)
    visitor.button("Clear list").click()
    page.reload()
    visitor.open("Many pictures")
    expect(page.get_by_text("No pictures yet.")).to_be_visible()
    page.set_viewport_size(DESK)


def test_a_list_that_the_browser_has_no_room_for_is_kept_without_pictures(visitor: Visitor) -> None:
    page = visitor.page
    for most, rows in ((5000, 7), (1500, 3)):
        page.evaluate(LITTLE_ROOM, most)
        visitor.open("Many pictures")
        page.get_by_role("button", name="examples").click()
        expect(page.locator("#batch img")).to_have_count(7)
        page.reload()
        visitor.open("Many pictures")
        expect(page.locator("#batch tbody tr")).to_have_count(rows)
        expect(page.locator("#batch img")).to_have_count(0)
        said = "" if rows == 7 else "Not all of the pictures could be read."
        expect(page.locator("#batch .trouble")).to_have_text(said)
        visitor.button("Clear list").click()


@pytest.fixture
def large(batch: list[str], tmp_path: Path) -> str:
    """A picture for which the server needs a moment."""
    file = tmp_path / "large.jpg"
    Image.open(batch[0]).resize((4000, 3000)).save(file)
    return str(file)


def test_more_files_are_read_beside_those_that_are_not_done(
    visitor: Visitor, batch: list[str], large: str
) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    many, few = [large] * 14, batch[1:3]
    page.locator("#batch .files").set_input_files(many)
    expect(page.locator("#batch tbody tr").first).to_be_visible()
    page.locator("#batch .files").set_input_files(few)
    expect(page.locator("#batch tbody tr")).to_have_count(16)
    assert sorted(listed(page)) == sorted(Path(file).name for file in [*many, *few])

    page.locator("#batch .files").set_input_files(many)
    expect(page.locator("#batch tbody tr").nth(16)).to_be_visible()
    visitor.button("Clear list").click()
    page.locator("#batch .files").set_input_files(few)
    expect(page.locator("#batch .status")).to_have_text("1 picture read, 1 can’t be read.")
    page.wait_for_timeout(3000)  # in which the rest of those many comes
    assert listed(page) == [Path(file).name for file in few]  # what was cleared stays away
    visitor.button("Clear list").click()


def test_files_that_are_still_sent_can_be_stopped_when_others_are_read(
    visitor: Visitor, batch: list[str]
) -> None:
    page, held = visitor.page, list[Route]()
    visitor.open("Many pictures")
    page.route("**/gradio_api/upload*", lambda route: held.append(route))
    for run, file in enumerate(batch[:3:2]):
        page.locator("#batch .files").set_input_files(file)
        while len(held) <= run:
            page.wait_for_timeout(20)
    held[0].continue_()
    expect(page.locator("#batch .status")).to_have_text("1 picture read.")
    expect(page.locator("#batch .busy")).to_contain_text("Sending 0 of 1")
    visitor.button("Stop").click()
    expect(page.locator("#batch .busy")).to_be_hidden()
    expect(page.locator("#batch .status")).to_have_text("Stopped.")
    page.unroute("**/gradio_api/upload*")
    visitor.button("Clear list").click()


@pytest.mark.parametrize("held", ["**/gradio_api/upload*", "**/queue/join*"])
def test_what_is_cleared_before_its_first_row_stays_away(
    visitor: Visitor, batch: list[str], held: str
) -> None:
    page, routes = visitor.page, list[Route]()
    visitor.open("Many pictures")
    page.get_by_role("button", name="examples").click()
    expect(page.locator("#batch .status")).to_have_text("7 pictures read.")
    page.route(held, lambda route: routes.append(route))  # Playwright sets an attribute of it
    page.locator("#batch .files").set_input_files(batch[:1])
    expect(page.locator("#batch .busy")).to_be_visible()  # before anything has arrived
    while not routes:
        page.wait_for_timeout(20)
    visitor.button("Clear list").click()
    for route in routes:
        route.continue_()
    page.unroute(held)
    page.locator("#batch .files").set_input_files(batch[2:3])
    expect(page.locator("#batch .status")).to_have_text("1 picture read.")
    page.reload()
    visitor.open("Many pictures")
    assert listed(page) == [Path(batch[2]).name]
    expect(page.locator("#batch .trouble")).to_have_text("")
    visitor.button("Clear list").click()


def test_what_is_sent_can_be_stopped(visitor: Visitor, batch: list[str]) -> None:
    page, held = visitor.page, list[Route]()
    visitor.open("Many pictures")
    page.route("**/gradio_api/upload*", lambda route: held.append(route))
    page.locator("#batch .files").set_input_files(batch)
    while len(held) < 4:  # as many as are sent together
        page.wait_for_timeout(20)
    visitor.button("Stop").click()
    expect(page.locator("#batch .status")).to_have_text("Stopped.")
    expect(page.locator("#batch .status")).to_be_focused()
    expect(page.locator("#batch .busy")).to_be_hidden()
    for route in held[:4]:
        route.continue_()
    page.wait_for_timeout(300)
    assert len(held) == 4 < len(batch)
    page.unroute("**/gradio_api/upload*")
    expect(page.locator("#batch .empty")).to_be_visible()
    expect(page.locator("#batch .try-examples")).to_be_enabled()


def test_what_is_read_can_be_stopped(visitor: Visitor, large: str) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    page.evaluate(STOP_AT_FIRST_ROW)
    with page.expect_request("**/gradio_api/cancel*") as cancelled:
        page.locator("#batch .files").set_input_files([large] * 40)
    assert cancelled.value.response().ok  # type: ignore[union-attr]
    rows = len(listed(page))
    page.wait_for_timeout(1500)
    assert len(listed(page)) == rows < 40
    expect(page.locator("#batch .trouble")).to_have_text("")
    visitor.button("Clear list").click()


def test_files_that_are_too_large_together_are_not_sent(visitor: Visitor, large: str) -> None:
    visitor.open("Many pictures")
    drop = visitor.page.locator("#batch .drop")
    expect(drop).to_have_attribute("data-most-batch-mb", "1000")
    drop.evaluate("(drop) => { drop.dataset.mostBatchMb = 0 }")
    visitor.page.locator("#batch .files").set_input_files([large])
    expect(visitor.page.get_by_role("alert")).to_contain_text("MB together; send 0 at most.")
    drop.evaluate("(drop) => { drop.dataset.mostBatchMb = 1000 }")


def test_a_list_that_was_broken_off_says_so(visitor: Visitor, large: str) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    page.locator("#batch .files").set_input_files([large] * 40)
    expect(page.locator("#batch tbody tr").first).to_be_visible()
    for _ in range(2):  # it isn't whole after another reload, either
        page.reload()
        visitor.open("Many pictures")
        expect(page.locator("#batch .trouble")).to_contain_text("Not all of the pictures")
        assert 1 <= len(listed(page)) < 40
    visitor.button("Clear list").click()


def test_after_a_failure_the_examples_can_be_tried_again(visitor: Visitor) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    try_examples = page.locator("#batch .try-examples")
    for _ in range(2):
        page.route("**/queue/join*", lambda route: route.fulfill(status=503, body="busy"))
        try_examples.click()
        expect(page.locator("#batch .trouble")).to_have_text("The pictures could not be read.")
        expect(try_examples).to_be_enabled()
        page.unroute("**/queue/join*")
    try_examples.click()
    expect(page.locator("#batch .status")).to_contain_text("pictures read.")
    visitor.button("Clear list").click()


def drop_on_list(visitor: Visitor, *paths: Path) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    box = page.locator("#batch .drop").bounding_box()
    assert box is not None
    devtools = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": box["x"] + 9, "y": box["y"] + 9, "data": data}
        devtools.send("Input.dispatchDragEvent", event)


def test_a_folder_is_dropped_and_names_are_only_text(visitor: Visitor, tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>.heic"  # browsers know no type for it
    inner = tmp_path / "scans" / "inner"
    inner.mkdir(parents=True)
    with Image.open(ROOT / "examples" / "crossed-seven.jpg") as picture:
        (tmp_path / "scans" / name).write_bytes(heic(picture))
    shutil.copy(ROOT / "examples" / "red-marker-on-nothing.png", inner / "4.png")
    shutil.copy(ROOT / "LICENSE", inner)
    page = visitor.page
    drop_on_list(visitor, tmp_path / "scans")
    expect(page.locator("#batch tbody tr")).to_have_count(2)
    assert listed(page) == [f"scans/{name}", "scans/inner/4.png"]
    assert page.locator("#batch .answer").all_inner_texts() == ["7", "4"]
    visitor.button("Clear list").click()


def test_what_cannot_be_read_or_sent_is_named_and_the_rest_is_read(
    visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.page
    files = [tmp_path / name for name in ("locked.png", "refused.png", "four.png")]
    for file in files:
        shutil.copy(ROOT / "examples" / "red-marker-on-nothing.png", file)
    page.evaluate(
        """() => {
          const asEntry = DataTransferItem.prototype.webkitGetAsEntry;
          DataTransferItem.prototype.webkitGetAsEntry = function () {
            const entry = asEntry.call(this);
            if (entry.name === "locked.png") entry.file = (found, failed) => failed();
            return entry;
          };
        }"""
    )

    def refuse(route: Route) -> None:
        if "refused.png" not in (route.request.post_data_buffer or b"").decode("latin-1"):
            route.fallback()
            return
        route.fulfill(status=507, json={"error": NO_ROOM, "detail": NO_ROOM})

    page.route("**/gradio_api/upload*", refuse)
    drop_on_list(visitor, *files)
    expect(page.locator("#batch tbody tr")).to_have_count(1)
    assert listed(page) == ["four.png"]
    trouble = page.get_by_role("alert")
    expect(trouble).to_contain_text("locked.png: The browser may not read it.")
    expect(trouble).to_contain_text(f"refused.png: {NO_ROOM}")
    visitor.button("Clear list").click()


def test_more_files_than_allowed_are_not_sent(visitor: Visitor) -> None:
    visitor.open("Many pictures")
    files = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": b"0"} for n in range(501)]
    visitor.page.locator("#batch .files").set_input_files(files)  # type: ignore[arg-type]
    trouble = visitor.page.get_by_role("alert")
    expect(trouble).to_have_text("These are 501 files; send 500 at most.")
    expect(visitor.page.locator("#batch .empty")).to_be_visible()


def test_another_list_is_not_filtered_as_the_one_before(visitor: Visitor) -> None:
    visitor.open("Many pictures")
    rows = visitor.page.locator("#batch tbody tr")
    for _ in range(2):
        visitor.page.get_by_role("button", name="examples").click()
        expect(visitor.page.locator("#batch .status")).to_have_text("7 pictures read.")
        expect(rows).to_have_count(7)
        visitor.page.locator("#batch .chips button", has_text="Needs a look").click()
        expect(rows).not_to_have_count(7)
        visitor.button("Clear list").click()


SIGNS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
BEFORE = (
    "",
    " ",
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\u00a0",
    "\u3000",
    "\u200b",
    "\ufeff",
    "\0",
    ";",
    ",",
    '"',
)
FORMULAS = [f"{before}{sign}cmd()|x.png" for before in BEFORE for sign in SIGNS]
NAMES = [
    "3.png",
    "a,b\n.png",
    "a=b.png",
    "7-1.png",
    "x@y.png",
    "",
    "'=1.png",
    " 3.png",
    "三.png",
    "a;=1.png",
]


def test_a_csv_file_holds_no_formulas() -> None:
    assert [guarded(name) for name in FORMULAS] == [f"'{name}" for name in FORMULAS]
    assert [guarded(name) for name in NAMES] == NAMES
    lines = [batch_row(name, ValueError("No."))["csv"] for name in FORMULAS + NAMES]
    saved = list(csv.reader(io.StringIO("".join(lines), newline="")))
    assert [line[0] for line in saved] == [*map(guarded, FORMULAS), *NAMES]
    assert all(line.startswith('"') for line in lines)  # else a semicolon may end the cell


@pytest.mark.parametrize(
    ("sure", "score", "answer", "words", "look"),
    [
        (0.995, 1, "4", "Very sure, >99%", False),
        (0.95, 1, "4", "Rather sure, 95%", False),
        (0.8, 1, "4", "Rather sure, 80%", True),
        (0.5, 1, "4 or 9?", "4: 50%, 9: 50%", True),
        (0.995, 0, "not a digit", "", True),
    ],
)
def test_certainty_in_words(sure: float, score: float, answer: str, words: str, look: bool) -> None:
    probabilities = np.zeros(10)
    probabilities[[4, 9]] = sure, 1 - sure
    digit = Preprocessed(np.full((28, 28), 255, np.uint8), None, False)
    prediction = make_prediction(
        digit, probabilities, score, not_a_digit_below=0.5, unsure_below=0.6, top_k=3
    )
    row = batch_row("=1.png", TimedPrediction(np.zeros((900, 9, 3), np.uint8), prediction, 1.0))
    assert (row["answer"], row["certainty"], row["look"]) == (answer, words, look)
    assert row["csv"].startswith('"\'=1.png"')  # here, too, a name is no formula
