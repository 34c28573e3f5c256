"""The pages of the documentation, and what is in them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from repository import ROOT

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    page: Path
    language: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    return [Block(page, *found) for found in FENCE.findall(page.read_text(encoding="utf-8"))]


def prose_of(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose_of(page))]


def commands(code: str) -> Iterator[list[str]]:
    """The words of each command in a block of shell; a loop's variable k is 0."""
    for line in code.replace("\\\n", " ").replace("$k", "0").splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|")
        lexer.whitespace_split = True
        words: list[str] = []
        for token in [*lexer, ";"]:
            if set(token) <= set(";&|"):
                yield from [words] if words else []
                words = []
            elif words or not re.match(r"[A-Z_]+=", token):  # variables for the command
                words.append(token)


def expand(words: list[str], folder: Path) -> list[str]:
    """Names with a star become those of the files that are there, as in a shell."""
    names: list[str] = []
    for word in words:
        found = sorted(path.relative_to(folder).as_posix() for path in folder.glob(word))
        names += found if "*" in word else [word]
    return names


def table_rows(page: Path, title: str) -> dict[str, dict[str, str]]:
    """Of all tables whose first column has this title: rows by their first cell."""
    rows: dict[str, dict[str, str]] = {}
    head: list[str] | None = None
    for line in prose_of(page).splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            head = None
        elif head is None:
            head = cells
        elif head[0] == title and set(cells[0]) != {"-"}:
            rows[cells[0]] = dict(zip(head, cells, strict=True))
    assert rows, f"{page.name} has no table of {title}"
    return rows


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text.replace(",", "").replace("p95", ""))
