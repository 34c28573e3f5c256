"""README and docs: names and links lead somewhere, and tables are complete."""

from __future__ import annotations

import dataclasses
import importlib.util
import re
from pathlib import Path

import pytest
from docs_pages import DOCS, PAGES, README, blocks_of, inline_code, prose_of, table_rows
from repository import ROOT

from digit_model import Prediction
from digit_model.evaluation.report import PARTS
from digit_model.training.recipe import DRAWN_RECIPES, FAST_RECIPES, RECIPES, SHIP
from page.server import limits

LINKING = [ROOT / "CHANGELOG.md", ROOT / "data" / "README.md"]  # their links are checked, too
MAX_README_LINES = 141  # with an example for each way to call it


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_environment_variable_is_read(page: Path) -> None:
    code = [*inline_code(page), *(block.code for block in blocks_of(page))]
    named = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", "\n".join(code)))
    sources = [
        ROOT / "train.py",
        *(ROOT / "page").rglob("*.py"),
        *(ROOT / "digit_model").rglob("*.py"),
    ]
    for package in ("gradio", "huggingface_hub"):
        spec = importlib.util.find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        sources += [*Path(spec.origin).parent.glob("*.py")]
    text = "\n".join(source.read_text(encoding="utf-8") for source in sources)
    read = set(re.findall(r"""["'[]([A-Z]+(?:_[A-Z]+)+)\b""", text))  # "[" in app.py's help
    read |= {limits.variable_of(each.name) for each in dataclasses.fields(limits.Limits)}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert named <= read | set(re.findall(r"^([A-Z_]+) :=", makefile, re.MULTILINE))


@pytest.mark.parametrize(
    "page", [*PAGES, *LINKING], ids=lambda page: f"{page.parent.name}-{page.stem}"
)
def test_every_link_leads_somewhere(page: Path) -> None:
    for mark, text, target in re.findall(r"(!?)\[([^\]]*)\]\(([^)\s]+)\)", prose_of(page)):
        assert text, target  # what a picture shows, for those who don't see it
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        file = page.parent / path if path else page
        assert file.is_file(), target
        if anchor:
            assert anchor in anchors_of(file), target
        assert not mark or file.suffix == ".png"


def anchors_of(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", prose_of(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_readme_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= MAX_README_LINES


def test_stages_in_the_diagram_are_modules() -> None:
    (diagram,) = [block for block in blocks_of(README) if block.language == "mermaid"]
    stages = re.findall(r"--> (\w+)", diagram.code)
    assert stages[-1] == Prediction.__name__
    for stage in stages[:-1]:
        assert importlib.util.find_spec(f"digit_model.{stage}"), stage


def test_the_table_of_a_predictions_fields() -> None:
    named = [row.strip("`") for row in table_rows(DOCS / "api.md", "Field")]
    assert named == [field.name for field in dataclasses.fields(Prediction)]


def test_recipes_and_parts_of_the_evaluation() -> None:
    page = DOCS / "training.md"
    recipes = [*RECIPES, *DRAWN_RECIPES, SHIP, *FAST_RECIPES]
    assert [row.strip("`") for row in table_rows(page, "`--recipe`")] == recipes
    (sentence,) = re.findall(r"^The parts are (.+?)\.", prose_of(page), re.MULTILINE | re.DOTALL)
    assert tuple(re.findall(r"`(.+?)`", sentence)) == PARTS
