"""The results of weights as HTML: how often they are right, and what they can't do."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

# What the sets of the evaluation are, by the beginning of their names.
SETS = {
    "MNIST test, inverted": "The same, dark on white and eight times as large",
    "MNIST test": "MNIST’s test digits",
    "test strokes": "Written with a pen on a tablet, by three people kept for the end",
    "test photographs": "Drawn photographs of those three people’s digits",
    "strokes": "Written with a pen on a tablet, by five people",
    "drawings": "Drawn with a mouse or a finger",
    "scans": "Scanned from paper",
    "photographs": "Drawn photographs of those five people’s digits",
    "MNIST-C": "MNIST’s digits, damaged",
    "robustness": "The test digits, damaged in ways that nothing was developed against",
}
LIMITS = """<h2>What it can’t do</h2>
<ul>
<li>It reads digits and the numbers that they make, and nothing else: no minus, no decimal comma, no
letters. Nothing that matters, such as a cheque, should rest on it without a person’s check.</li>
<li>Letters that look like digits (O, I, l, Z, S, b, g, q) are read as digits.</li>
<li>A 1 whose flag is as level as a 7’s top is read as a 7, and a 9 without a loop as another
digit.</li>
<li>Handwriting right beside a digit can be taken for a part of it. Printed lines, shadows, fingers,
boxes and rings in a photograph are mostly left out.</li>
%NUMBERS%
</ul>"""
ORIGIN = """<h2>How often it is right</h2>
<p>It has learned from none of these digits. But only %KEPT%
were kept for the end; the others helped to choose how it learns, which makes their figures a little
too good.</p>"""
SHARES = """<p>Shares are in %. Unsure and refused: digits that got “4 or 9?” and “not a digit”.
Calibration gap (ECE): by how much the confidence and the share of right answers differ.</p>"""


def results(metrics: dict[str, Any]) -> str:
    """How often it is right, and what it can't do; the details are folded away."""
    digits = _rows(metrics.get("digits"))
    limits = LIMITS.replace("%NUMBERS%", number_limit(metrics))
    if not digits:
        return f"<p>No results were measured with these weights.</p>{limits}"
    main_rows = [
        [_in_words(name), _count(row), _percent(row.get("accuracy"))]
        for name, row in _worst_variants(digits)
    ]
    parts = [
        claim(dict(digits)),
        limits,
        ORIGIN.replace("%KEPT%", _kept(digits)),
        table(["Digits", "Pictures", "Right, %"], main_rows),
        folded(f"All {len(digits)} sets in detail", SHARES + digits_table(digits)),
    ]
    nondigits = [
        [name, _count(row), _percent(row.get("auroc")), _percent(row.get("refused"))]
        for name, row in _rows(metrics.get("nondigits"))
    ]
    if nondigits:
        titles = ["What is no digit", "Pictures", "AUROC against digits", "Refused"]
        parts.append(folded("Pictures that show no digit", table(titles, nondigits)))
    return "\n".join(parts)


def _kept(digits: list[tuple[str, dict[str, Any]]]) -> str:
    """What nothing was chosen on."""
    writers = any(name.startswith("test strokes") for name, _ in digits)
    return "MNIST’s test digits" + " and those of three people" * writers


def claim(digits: dict[str, dict[str, Any]]) -> str:
    """The first sentence: "Right on 9,975 of MNIST’s 10,000 test digits"; "" if that is unknown."""
    row = digits.get("MNIST test", {})
    count, accuracy = row.get("count"), row.get("accuracy")
    if not isinstance(count, int) or not isinstance(accuracy, (int, float)):
        return ""
    right = round(accuracy * count)
    return f"<p class=claim>Right on {right:,} of MNIST’s {count:,} test digits.</p>"


def number_limit(metrics: dict[str, Any]) -> str:
    """How often whole numbers are right, as an item of the list of limits."""
    numbers = metrics.get("numbers")
    sets = dict(_rows(numbers.get("sets") if isinstance(numbers, dict) else None))
    usual, touching = (
        sets.get(name, {}).get("exact") for name in ("drawn, usual", "drawn, touching")
    )
    if not isinstance(usual, int | float) or not isinstance(touching, int | float):
        return "<li>Digits of a number that touch or overlap are often misread.</li>"
    return (
        f"<li>Of drawn numbers, {100 * usual:.0f} in 100 are read without a mistake where their "
        f"digits stand apart, {100 * touching:.0f} where they touch, and fewer where they "
        "overlap.</li>"
    )


def folded(title: str, content: str) -> str:
    return f"<details><summary>{html.escape(title)}</summary>{content}</details>"


def digits_table(rows: list[tuple[str, dict[str, Any]]]) -> str:
    titles = ["Digits", "Pictures", "Right", "Calibration gap", "Unsure", "Refused"]
    keys = ["accuracy", "ece", "unsure", "refused"]
    return table(
        titles,
        [[name, _count(row), *(_percent(row.get(key)) for key in keys)] for name, row in rows],
    )


def table(titles: list[str], rows: Iterable[list[Any]]) -> str:
    """An HTML table; each row's first cell is its heading."""
    head = "".join(f"<th scope=col>{html.escape(title)}</th>" for title in titles)
    body = "".join(
        f"<tr><th scope=row>{html.escape(str(first))}</th>"
        + "".join(f"<td>{'' if cell is None else html.escape(str(cell))}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return f"<div class=wide tabindex=0><table><tr>{head}</tr>{body}</table></div>"


def _rows(section: Any) -> list[tuple[str, dict[str, Any]]]:
    items = section.items() if isinstance(section, dict) else []
    return [(str(name), row) for name, row in items if isinstance(row, dict)]


def _worst_variants(
    rows: list[tuple[str, dict[str, Any]]],
) -> list[tuple[str, dict[str, Any]]]:
    """One row for all variants of a set, such as "strokes, small": the worst."""
    names = {name for name, _ in rows}
    groups: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, row in rows:
        family = name.partition(",")[0]
        # "MNIST test, inverted" is a set of its own beside "MNIST test".
        groups.setdefault(name if family in names else family, []).append((name, row))
    return [
        members[0]
        if len(members) == 1
        else (
            f"{group}, the worst of {len(members)} kinds",
            min((row for _, row in members), key=lambda row: row.get("accuracy") or 0.0),
        )
        for group, members in groups.items()
    ]


def _count(row: dict[str, Any]) -> str | None:
    count = row.get("count")
    return f"{count:,}" if isinstance(count, int) else None


def _percent(share: Any) -> str | None:
    return f"{100 * share:.2f}" if isinstance(share, (int, float)) else None


def _in_words(name: str) -> str:
    """What a set is: "strokes, the worst of 6 kinds" is one of SETS."""
    for beginning, words in SETS.items():
        if name.startswith(beginning):
            _, comma, rest = name.partition(", the worst")
            return words + comma + rest
    return name
