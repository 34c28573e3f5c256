"""The tabs with texts: the model, help and privacy; and the page as an app."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from drawings import Drawing
from PIL import Image
from playwright.sync_api import expect
from repository import ROOT
from running_app import Server
from visitor import Visitor, ink

from digit_model.model_folder import Hashes, measured_hashes
from page import model_figures, model_results, model_tab
from page.privacy_tab import how_long

pytestmark = pytest.mark.browser


def test_the_model_tab_reads_the_weights_folder(visitor: Visitor) -> None:
    metrics = json.loads((ROOT / "weights" / "metrics.json").read_text(encoding="utf-8"))
    config = json.loads((ROOT / "weights" / "config.json").read_text(encoding="utf-8"))
    visitor.open("Model")
    text = visitor.page.locator("#model")
    hashes = Hashes(*(config[name] for name in Hashes._fields))
    expect(text.get_by_text("What it can’t do")).to_be_in_viewport()
    expect(text.get_by_text(hashes.sha256)).to_be_hidden()
    text.get_by_text("Which weights answer here").click()
    for digest in hashes:
        expect(text.get_by_text(digest)).to_be_visible()
    text.get_by_text("Which weights answer here").click()
    assert measured_hashes(ROOT / "weights") == hashes, "evaluate the weights that ship"
    mnist = metrics["digits"]["MNIST test"]
    right = round(mnist["accuracy"] * mnist["count"])
    assert text.inner_text().startswith(f"Right on {right:,} of MNIST’s 10,000 test digits.")
    for term in ("ECE", "AUROC"):
        expect(text.get_by_text(term).first).to_be_hidden()
    row = text.get_by_role("row", name="MNIST’s test digits")
    expect(row).to_contain_text(f"{100 * mnist['accuracy']:.2f}")
    figures = text.locator("figure img")
    expect(figures).to_have_count(len(list((ROOT / "weights" / "figures").glob("*.png"))))
    for number in range(figures.count()):
        figures.nth(number).scroll_into_view_if_needed()
        visitor.page.wait_for_function(
            "(n) => document.querySelectorAll('#model figure img')[n].naturalWidth > 0", arg=number
        )
    with visitor.page.expect_popup() as popup:
        text.get_by_role("link", name="The mistakes it was surest of").click()
    assert popup.value.url.endswith("/figures/worst_errors.png")
    popup.value.close()


def test_the_model_tab_works_without_metrics(tmp_path: Path) -> None:
    hashes = Hashes("00", "01", "02")
    assert model_tab.read_metrics(tmp_path, hashes) == {}
    report = {"model": hashes._asdict(), "digits": {"a": {}, "MNIST test": {"count": 9}}}
    (tmp_path / "metrics.json").write_text(json.dumps(report))
    for name in Hashes._fields:  # measured with other weights
        assert model_tab.read_metrics(tmp_path, hashes._replace(**{name: "11"})) == {}
    metrics = model_tab.read_metrics(tmp_path, hashes)
    assert "<td></td>" in model_results.results(metrics)
    assert "Right on" not in model_results.results(metrics)
    assert model_figures.figures(tmp_path) == ""
    empty: list[dict[str, Any]] = [{}, {"digits": None}, {"digits": {}}, {"digits": {"a": 1}}]
    for nothing in empty:
        assert "No results were measured" in model_results.results(nothing)
    text = {"sets": {"drawn, usual": {"exact": "x"}, "drawn, touching": {"exact": None}}}
    for numbers in (None, [1], {}, {"sets": 7}, text):
        assert "often misread" in model_results.results({"numbers": numbers})
    (tmp_path / "metrics.json").write_text("[]")
    assert model_tab.read_metrics(tmp_path, hashes) == {}


def test_every_figure_that_is_drawn_has_a_caption() -> None:
    drawn = {file.stem for file in (ROOT / "weights" / "figures").glob("*.png")}
    assert drawn == set(model_figures.CAPTIONS)


def test_html_in_names_is_escaped() -> None:
    html = model_results.table(["<b>"], [["<script>", "<i>"]])
    assert not re.search("<(b|script|i)>", html)


def test_what_is_chosen_is_seen_in_forced_colours(visitor: Visitor) -> None:
    page = visitor.page
    page.emulate_media(forced_colors="active")
    visitor.open("Many pictures")
    page.get_by_role("button", name="examples").click()
    expect(page.locator("#batch tbody tr")).to_have_count(7)

    def background(selector: str) -> str:
        return page.locator(selector).first.evaluate("(e) => getComputedStyle(e).backgroundColor")

    for chosen, other in (
        ('#tabs [role="tab"][aria-selected="true"]', '#tabs [role="tab"][aria-selected="false"]'),
        ('#batch [aria-pressed="true"]', '#batch [aria-pressed="false"]'),
    ):
        assert background(chosen) != background(other)
    page.emulate_media(forced_colors="none")
    visitor.button("Clear list").click()


def test_help_says_what_is_kept(visitor: Visitor) -> None:
    visitor.open("Help & privacy")
    text = visitor.page.locator("#privacy")
    expect(text).to_contain_text("“Give them to the training” are all that keeps something")
    expect(text).to_contain_text("in a folder on the machine that serves this page")
    expect(text).to_contain_text("lies on that server’s disk for one to two hours")
    assert "%" not in text.inner_text()
    expect(text).to_contain_text("sets no cookie of its own")
    assert visitor.page.context.cookies() == []
    for key in ("Ctrl", "⌘", "Delete", "Backspace", "["):
        expect(text.locator("kbd", has_text=key).first).to_be_visible()


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (10, "10 to 12 minutes"),
        (60, "one to two hours"),
        (90, "one to two hours"),
        (119, "one to three hours"),
        (1440, "24 to 25 hours"),
    ],
)
def test_how_long_a_picture_stays(minutes: int, words: str) -> None:
    assert how_long(minutes) == words


def test_a_drawing_survives_a_visit_to_another_tab(
    visitor: Visitor, drawings: list[Drawing]
) -> None:
    visitor.draw(drawings[1])
    visitor.settle()
    answer = visitor.answer()
    visitor.open("Help & privacy")
    visitor.page.keyboard.press("Delete")  # has no effect here
    visitor.open("Draw")
    assert visitor.answer() == answer
    expect(visitor.button("Clear")).to_be_enabled()


def test_the_pen_shows_its_width_though_the_pad_grew_out_of_sight(visitor: Visitor) -> None:
    preview = visitor.page.locator("#pad .preview span")
    empty = preview.bounding_box()
    for x in (0.2, 0.9):
        visitor.line((x, 0.2), (x, 0.8))
    visitor.open("Help & privacy")
    visitor.page.wait_for_timeout(600)  # it grows 0.4 s after the last stroke
    visitor.open("Draw")
    visitor.settle()
    grown = preview.bounding_box()
    assert empty is not None
    assert grown is not None
    assert 2 < grown["width"] < 0.8 * empty["width"]


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


def test_a_webcam_takes_a_picture(visitor: Visitor) -> None:
    page = visitor.page
    page.context.grant_permissions(["camera"])
    photo, take = visitor.button("Photo"), visitor.button("Take the photo")
    viewfinder = page.locator("#pad .viewfinder")

    def look_at_another_tab() -> None:
        visitor.open("Many pictures")
        page.wait_for_timeout(300)
        visitor.open("Draw")

    photo.click()
    expect(photo).to_be_disabled()  # one camera is enough
    expect(take).to_be_focused()
    visitor.line((0.3, 0.4), (0.5, 0.5), (0.6, 0.6))  # the camera's picture is no paper
    assert ink(visitor) == 0
    for leave in (
        lambda: page.keyboard.press("Escape"),
        lambda: visitor.button("Eraser").press("Escape"),  # a tool beside it
        visitor.button("Cancel").click,
        look_at_another_tab,
    ):
        page.evaluate(
            "window.track = document.querySelector('#pad video').srcObject.getTracks()[0]"
        )
        leave()
        expect(viewfinder).to_be_hidden()
        assert page.locator("#pad video").evaluate("(video) => video.srcObject") is None
        assert page.evaluate("window.track.readyState") == "ended"  # the camera's light is out
        photo.click()
        expect(take).to_be_focused()
    take.click()
    expect(viewfinder).to_be_hidden()
    expect(photo).to_be_focused()
    expect(page.locator("#card .time")).to_contain_text("read in")
    photo.click()
    expect(take).to_be_focused()
    page.locator("#examples button").first.click()
    expect(viewfinder).to_be_hidden()
    expect(visitor.label).to_have_text("9")
    for change in ("Clear", "Undo"):
        photo.click()
        expect(take).to_be_focused()
        visitor.button(change).click()
        expect(viewfinder).to_be_hidden()  # nothing changes behind it
    expect(visitor.label).to_have_text(re.compile("."))
    page.context.clear_permissions()
