"""The page's scripts: each file runs alone, and the files can be joined in any order."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from repository import ROOT

from page.component import SHARED

FOLDERS = sorted({file.parent for file in (ROOT / "page").rglob("*.js")})
DECLARATION = re.compile(r"(?:(?:async )?function|const) (\w+)")


def declared(file: Path) -> list[str]:
    """The names that a file declares at its top level, whose lines are not indented."""
    names = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith((" ", "//", "}", "]", ")")):
            continue
        declaration = DECLARATION.match(line)
        assert declaration, f"{file.name} does more than declare: {line}"
        names.append(declaration[1])
    return names


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_files_only_declare_and_each_name_is_declared_once(folder: Path) -> None:
    files = {*folder.glob("*.js"), *SHARED.glob("*.js")}  # which are joined
    names = [name for file in files for name in declared(file)]
    # Of two functions with one name, the later would silently win.
    assert sorted(names) == sorted(set(names))


def test_every_file_runs_alone(browser: Browser) -> None:
    page = browser.new_page()
    for folder in FOLDERS:
        for file in folder.glob("*.js"):
            page.evaluate("(code) => Function(code)()", file.read_text(encoding="utf-8"))
    page.close()
