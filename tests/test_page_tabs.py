"""The other tabs: many pictures, the model, privacy; and the page as an app."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import ROOT, Drawing, Server, Visitor
from PIL import Image
from playwright.sync_api import expect

from digit_model.model_folder import Hashes, measured_hashes
from page import model_tab
from page.batch_tab import as_csv, summary

pytestmark = pytest.mark.browser

Visit = Callable[..., Visitor]


@pytest.fixture
def batch(drawings: list[Drawing], tmp_path: Path) -> list[str]:
    """Three digits, a blank sheet, and two files that can't be read."""
    for name in ("3", "5", "8"):
        drawing = next(drawing for drawing in drawings if drawing.label == name)
        (tmp_path / f"{name}.png").write_bytes(drawing.png())
    Image.new("L", (50, 50), 255).save(tmp_path / "sheet.png")
    (tmp_path / "notes.txt").write_text("seven", encoding="utf-8")
    (tmp_path / "cut.png").write_bytes((tmp_path / "3.png").read_bytes()[:150])
    names = ("3.png", "notes.txt", "5.png", "cut.png", "8.png", "sheet.png")
    return [str(tmp_path / name) for name in names]


def test_a_batch_is_read_and_a_broken_file_is_a_row(visitor: Visitor, batch: list[str]) -> None:
    page = visitor.page
    visitor.open("Many pictures")
    expect(page.locator("#batch-summary")).to_have_text("No pictures yet.")
    page.locator("#batch input[type=file]").set_input_files(batch)
    expect(page.locator("#batch-summary")).to_have_text(
        "6 files: 1 × 3, 1 × 5, 1 × 8, 1 × blank, 2 × can’t be read"
    )
    rows = page.locator("#batch-table .virtual-row")

    def table() -> list[list[str]]:
        return [
            [cell.strip() for cell in row.get_by_role("gridcell").all_inner_texts()]
            for row in rows.all()
        ]

    expect(rows).to_have_count(6)
    lines = {line[-7]: line[-6:] for line in table()}
    assert [lines[f"{digit}.png"][0] for digit in "358"] == ["3", "5", "8"]
    assert lines["notes.txt"][-1].startswith("This file is not a picture")
    assert lines["cut.png"][-1].startswith("The picture is damaged")
    assert lines["sheet.png"][0] == "blank"
    expect(page.locator("#batch-gallery .grid-container img")).to_have_count(4)
    captions = page.locator("#batch-gallery .caption-label").all_inner_texts()
    assert [caption.strip() for caption in captions] == ["3", "5", "8", "nothing to read"]
    page.locator("#batch-table th", has_text="Answer").get_by_label("Open cell menu").click()
    page.get_by_text("Sort descending").click()
    expect(rows.first).to_contain_text("sheet.png")
    answers = [line[-6] for line in table()]
    assert answers == sorted(answers, reverse=True)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "digits.csv"
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    saved = list(csv.DictReader(io.StringIO(text)))
    assert [row["File"] for row in saved] == [Path(file).name for file in batch]
    assert [row["Answer"] for row in saved] == ["3", "", "5", "", "8", "blank"]
    assert saved[1]["Problem"].startswith("This file is not a picture")


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
NAMES = ["3.png", "a,b\n.png", "a=b.png", "7-1.png", "x@y.png", "", "'=1.png", " 3.png", "三.png"]


def test_a_csv_file_holds_no_formulas() -> None:
    names = FORMULAS + NAMES
    rows: list[list[Any]] = [[name, "3", 1, 99.0, "", 99.0, ""] for name in names]
    saved = list(csv.reader(io.StringIO(as_csv(rows), newline="")))
    assert [line[0] for line in saved[1:]] == [f"'{name}" for name in FORMULAS] + NAMES


def test_the_summary_of_many_numbers_is_short() -> None:
    rows: list[list[Any]] = [["", str(number), 2, 99.0, "", None, ""] for number in range(10, 99)]
    text = summary([*rows, rows[-1]])
    assert text.count("×") == 17
    assert "2 × <b>98</b>" in text
    assert text.startswith("<p>90 files: ")
    assert "73 × something else" in text


def test_the_model_tab_reads_the_weights_folder(visitor: Visitor) -> None:
    metrics = json.loads((ROOT / "weights" / "metrics.json").read_text(encoding="utf-8"))
    config = json.loads((ROOT / "weights" / "config.json").read_text(encoding="utf-8"))
    visitor.open("Model")
    text = visitor.page.locator("#model")
    hashes = Hashes(*(config[name] for name in Hashes._fields))
    for digest in hashes:
        expect(text).to_contain_text(digest)
    if measured_hashes(ROOT / "weights") != hashes:
        expect(text).to_contain_text("No results were measured with these weights.")
        return
    right = 100 * metrics["digits"]["MNIST test"]["accuracy"]
    expect(text.get_by_role("row", name="MNIST test").first).to_contain_text(f"{right:.2f}")
    figures = text.locator("figure img")
    expect(figures).to_have_count(len(list((ROOT / "weights" / "figures").glob("*.png"))))
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        visitor.page.wait_for_function(
            "(n) => document.querySelectorAll('#model figure img')[n].naturalWidth > 0", arg=number
        )
        assert figures.nth(number).get_attribute("alt")


def test_the_model_tab_works_without_metrics(tmp_path: Path) -> None:
    hashes = Hashes("00", "01", "02")
    assert model_tab.read_metrics(tmp_path, hashes) == {}
    report = {"model": hashes._asdict(), "digits": {"a": {}}}
    (tmp_path / "metrics.json").write_text(json.dumps(report))
    for name in Hashes._fields:  # measured with other weights
        assert model_tab.read_metrics(tmp_path, hashes._replace(**{name: "11"})) == {}
    metrics = model_tab.read_metrics(tmp_path, hashes)
    assert "<td></td>" in model_tab.results(metrics)
    assert model_tab.figures(tmp_path, metrics) == ""
    empty: list[dict[str, Any]] = [{}, {"digits": None}, {"digits": {}}, {"digits": {"a": 1}}]
    for nothing in empty:
        assert "No results were measured" in model_tab.results(nothing)
    (tmp_path / "metrics.json").write_text("[]")
    assert model_tab.read_metrics(tmp_path, hashes) == {}


def test_html_in_names_is_escaped() -> None:
    html = model_tab.table(["<b>"], [["<script>", "<i>"]])
    assert not re.search("<(b|script|i)>", html)


def test_the_privacy_tab_says_what_is_kept(visitor: Visitor) -> None:
    visitor.open("Privacy")
    text = visitor.page.locator("#privacy")
    expect(text).to_contain_text("“That’s wrong” is the only thing that keeps something")
    expect(text).to_contain_text("in a folder on the machine that serves this page")
    assert "%" not in text.inner_text()
    expect(text).to_contain_text("sets no cookie of its own")
    assert visitor.page.context.cookies() == []
    for key in ("Ctrl", "Delete", "["):
        expect(text.locator("kbd", has_text=key).first).to_be_visible()


def test_a_drawing_survives_a_visit_to_another_tab(
    visitor: Visitor, drawings: list[Drawing]
) -> None:
    visitor.draw(drawings[1])
    visitor.settle()
    answer = visitor.answer()
    visitor.open("Privacy")
    visitor.page.keyboard.press("Delete")  # has no effect here
    visitor.open("Draw")
    assert visitor.answer() == answer
    expect(visitor.button("Clear")).to_be_enabled()


def test_the_page_can_be_installed(visitor: Visitor, server: Server) -> None:
    address = visitor.page.locator("link[rel=manifest]").get_attribute("href")
    assert address is not None
    manifest = httpx.get(f"{server.url}/{address.removeprefix('./').removeprefix('/')}").json()
    assert manifest["display"] == "standalone"
    assert manifest["name"] == "Handwritten digits"
    assert {icon["sizes"] for icon in manifest["icons"]} == {"192x192", "512x512"}
    for icon in manifest["icons"]:
        response = httpx.get(f"{server.url}{icon['src']}")
        with Image.open(io.BytesIO(response.content)) as picture:
            assert "{}x{}".format(*picture.size) == icon["sizes"]
    devtools = visitor.page.context.new_cdp_session(visitor.page)
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Nothing can be installed from a private window, in which the tests run.
    assert [error for error in errors if error["errorId"] != "in-incognito"] == []


def test_a_webcam_takes_a_picture(visit: Visit) -> None:
    visitor = visit(permissions=["camera"])
    visitor.button("Photo").click()
    visitor.button("Take the photo").click()
    expect(visitor.page.locator("#card .time")).to_contain_text("read in")
