"""README and docs: figures are those of the files that were measured."""

from __future__ import annotations

import json
import math
import re
import statistics
from pathlib import Path
from typing import Any

from docs_pages import DOCS, README, numbers, prose_of, table_rows
from repository import ROOT

from digit_model.training.seeds import read_rows, summary


def test_the_table_of_loads_is_that_of_the_benchmark() -> None:
    file = ROOT / "benchmarks" / "results" / "load.json"
    figures = json.loads(file.read_text(encoding="utf-8"))
    del figures["megabytes"]
    mix = figures.pop("ours, mix")
    alone = list(figures.values())
    kinds = [{count: row[kind] for count, row in mix.items()} for kind in mix["100"]]
    measured = [
        [f"{row['per_second']:.0f}, {row['p99_ms']:.0f} ms" for row in loads.values()]
        for loads in [*alone, *kinds]
    ]
    text = (DOCS / "results.md").read_text(encoding="utf-8").partition("## Many at once")[2]
    rows = [line for line in text.splitlines() if re.match(r"\| [^|]*[a-z]", line)]
    printed = [[cell.strip() for cell in line.strip("|").split("|")[1:]] for line in rows]
    assert sorted(printed) == sorted(measured)
    assert not any(row["failed"] for loads in [*alone, *kinds] for row in loads.values())


def test_plans_follow_from_what_was_measured() -> None:
    results = ROOT / "benchmarks" / "results"
    load = json.loads((results / "load.json").read_text(encoding="utf-8"))
    visitors = json.loads((results / "visitors.json").read_text(encoding="utf-8"))
    per_second = load["ours, live"]["100"]["per_second"]
    text = " ".join(prose_of(DOCS / "scale.md").split())
    assert f"gives {per_second:.0f} live answers a second" in text
    all_of_them = visitors["answers_per_second"]
    each = all_of_them / visitors["visitors"]
    assert visitors["visitors"] == 30
    assert "Thirty people who draw all the time" in text
    assert f"ask for {all_of_them:.0f} answers a second" in text
    people = f"{100 // each:.0f} of them, and 10,000 for {10 * (1000 // each):,.0f}"
    assert f"which is {each:.1f} each: 100 a second are enough for {people}" in text
    plans = table_rows(DOCS / "scale.md", "Answers a second")
    for answers, cores_without in ((1, 1), (100, 2), (10_000, None)):
        processes = math.ceil(answers / (0.7 * per_second))
        machines = 1 if cores_without else math.ceil((2 * processes + 2) / 8) + 1
        cores = cores_without or 8 * machines
        row = plans[f"{answers:,}"]
        assert numbers(row["What runs"]) == [str(processes)]
        expected = [cores, math.ceil(0.7 * processes), machines, round(cores * 0.04 * 730)]
        shown = [numbers(row[key])[0] for key in ("Cores", "Memory", "Machines", "A month")]
        assert shown == [str(value) for value in expected]


def test_the_table_of_replicas_is_that_of_the_benchmark() -> None:
    file = ROOT / "benchmarks" / "results" / "ray_serve.json"
    figures = json.loads(file.read_text(encoding="utf-8"))
    rows = table_rows(DOCS / "scale.md", "Of")
    for one, two, name in (
        ("1 worker", "2 workers", "worker processes"),
        ("1 replica", "2 replicas", "Ray's replicas"),
    ):
        rates = [figures[key]["per_second"] for key in (one, two)]
        assert [*rows[name].values()][1:] == [
            *(f"{rate:.0f}" for rate in rates),
            f"{rates[1] / rates[0]:.2f} ×",
            f"{figures[two]['p99_ms']:.0f} ms",
            f"{sum(figures[two]['processor_ms'].values()):.1f} ms",
        ]


def metrics() -> dict[str, Any]:
    return json.loads((ROOT / "weights" / "metrics.json").read_text(encoding="utf-8"))


def figures() -> dict[str, list[str]]:
    """The figures that stand in the tables of results, by how a row begins, from their files."""
    measured = metrics()
    sets, others, speed = measured["digits"], measured["nondigits"], measured["speed"]

    def percent(share: float, decimals: int) -> str:
        return f"{100 * share:.{decimals}f}"

    def group(name: str, key: str) -> list[float]:
        return [row[key] for title, row in sets.items() if title.startswith(f"{name}, ")]

    def mean(name: str, key: str, decimals: int) -> str:
        return percent(statistics.mean(group(name, key)), decimals)

    def worst(name: str, key: str, decimals: int) -> str:
        return percent(min(group(name, key)), decimals)

    def corruptions(name: str) -> list[str]:
        refused = [mean(name, "refused", 1), percent(max(group(name, "refused")), 1)]
        return [mean(name, "accuracy", 1), worst(name, "accuracy", 1), *refused]

    def strokes(name: str) -> list[str]:
        return [mean(name, "mean_recall", 2), worst(name, "mean_recall", 2), mean(name, "ece", 1)]

    def photographs(name: str) -> list[str]:
        return [mean(name, "accuracy", 1), worst(name, "accuracy", 1), mean(name, "ece", 1)]

    def scans(name: str) -> list[str]:
        return [percent(sets[f"scans, {name}"][key], 1) for key in ("accuracy", "ece")]

    def refusal(name: str) -> list[str]:
        return [f"{others[name]['auroc']:.3f}", percent(others[name]["refused"], 1)]

    def verdicts(noise: bool, verdict: str) -> list[str]:
        rows = [
            row
            for name, row in measured["verdicts"].items()
            if noise == ("noise" in name or "pepper" in name)
        ]
        return [str(sum(row[key] for row in rows)) for key in (verdict, "count")]

    def benchmark(name: str) -> dict[str, Any]:
        file = ROOT / "benchmarks" / "results" / f"{name}.json"
        return json.loads(file.read_text(encoding="utf-8"))

    drawings = sets["drawings"]
    latency, startup = benchmark("page_latency"), benchmark("startup")
    fast = benchmark("mnist_fast")
    return {
        "MNIST, 10,000 test images": [percent(sets["MNIST test"]["accuracy"], 2)],
        "The same, inverted": [percent(sets["MNIST test, inverted and enlarged"]["accuracy"], 2)],
        "Pen strokes of three": strokes("test strokes"),
        "Pen strokes of five": strokes("strokes"),
        "Synthetic photographs of the three": photographs("test photographs"),
        "Synthetic photographs of the five": photographs("photographs"),
        "Drawings": [
            str(round(drawings["accuracy"] * drawings["count"])),
            str(drawings["count"]),
        ],
        "Scans, Optdigits": scans("Optdigits"),
        "Scans, Semeion": scans("Semeion"),
        "MNIST-C": corruptions("MNIST-C"),
        "Robustness": corruptions("robustness"),
        "Rendered letters": refusal("families that training draws"),
        "Printed letters": refusal("printed letters"),
        "An alphabet": refusal("unseen alphabet (Omniglot)"),
        "Empty sheets": verdicts(False, "blank"),
        "Noise": verdicts(True, "digit"),
        "`predict`, sketch": [f"{speed['predict_ms']:.1f}"],
        "`predict`, 12": [f"{speed['photograph_ms']:.1f}"],
        "`explain`": [f"{speed['explain_ms']:.1f}"],
        "`predict_batch`": [f"{speed['batch_per_second']:.0f}"],
        "Pen-up": [
            str(latency["ours"][key])
            for key in ("median_ms", "p95_ms", "answers_per_second_while_drawing")
        ],
        "The same with `gr.Sketchpad`": [
            str(latency["gr.Sketchpad"][key]) for key in ("median_ms", "p95_ms")
        ],
        "MNIST from the start": [
            f"{statistics.median(row['seconds'] for row in fast['ours']):.1f}",
        ],
        "From `python app.py`": [f"{startup['difference_seconds']:.2f}"],
    }


def test_the_table_of_numbers_is_that_of_the_evaluation() -> None:
    measured = metrics()["numbers"]
    expected = []
    for name, row in measured["sets"].items():
        shares = [f"{100 * row[key]:.1f} %" for key in ("exact", "digit_error_rate")]
        alone = measured["recorded"].get(name)
        recorded = f"{100 * alone['exact']:.1f} % of {alone['count']}" if alone else ""
        expected.append([str(row["count"]), *shares, recorded])
    table = table_rows(DOCS / "results.md", "Numbers")
    assert [[*row.values()][1:] for row in table.values()] == expected

    table = table_rows(DOCS / "results.md", "Numbers of the three test writers' recorded digits")
    assert [[*row.values()][1:] for row in table.values()] == [
        [
            str(row["count"]),
            f"{100 * row['exact']:.1f} %",
            f"{100 * row['digit_error_rate']:.1f} %",
        ]
        for row in metrics()["test numbers"].values()
    ]


def row_that_begins(page: Path, title: str, start: str) -> dict[str, str]:
    (row,) = [row for name, row in table_rows(page, title).items() if name.startswith(start)]
    return row


def test_results_are_those_of_their_files() -> None:
    expected = figures()
    rows = {start: row_that_begins(DOCS / "results.md", "What", start) for start in expected}
    shown = {start: numbers(row["Result"])[: len(expected[start])] for start, row in rows.items()}
    assert shown == expected


def test_the_table_of_parameters_and_data() -> None:
    files = sorted((ROOT / "results").glob("ladder*.csv"))
    table = summary([row for file in files for row in read_rows(file)])
    text = (DOCS / "results.md").read_text(encoding="utf-8").partition("## Parameters and data")[2]
    assert table.markdown().partition("\n\n")[2] in text


def test_the_worst_sets_are_named() -> None:
    sets = metrics()["digits"]
    for group, start in (
        ("photographs", "Synthetic photographs of the five"),
        ("test photographs", "Synthetic photographs of the three"),
        ("MNIST-C", "MNIST-C"),
        ("robustness", "Robustness"),
    ):
        members = {name: row for name, row in sets.items() if name.startswith(f"{group}, ")}
        worst = min(members, key=lambda name: members[name]["accuracy"])
        row = row_that_begins(DOCS / "results.md", "What", start)
        assert f"({worst.partition(', ')[2]})" in row["Result"]
        if "refused" in row["Result"]:
            refused = max(members, key=lambda name: members[name]["refused"])
            assert row["Result"].endswith(f"({refused.partition(', ')[2]})")


def test_readme_has_the_figures_of_the_page_of_results() -> None:
    measured = figures()
    seeds = numbers(row_that_begins(DOCS / "results.md", "What", "Three [earlier]")["Result"])

    def exact(spacing: str) -> str:
        return f"{100 * metrics()['test numbers'][f'drawn, {spacing}']['exact']:.1f}"

    for start, data, expected in (
        ("MNIST's 10", "test", [*measured["MNIST, 10,000 test images"], *seeds[:2]]),
        ("Pen strokes", "test", measured["Pen strokes of three"][:1]),
        ("Numbers of 2 to 12", "test", [exact("usual"), exact("touching")]),
        ("MNIST's test images under", "test", measured["Robustness"]),
        ("Synthetic", "development", measured["Synthetic photographs of the five"][:2]),
    ):
        row = row_that_begins(README, "Measured on", start)
        assert numbers(row["Result"]) == expected
        assert row["Data"] == data


def test_the_spread_of_the_seeds() -> None:
    """Of earlier ones; their figures are in the record of experiments, too."""
    row = row_that_begins(DOCS / "results.md", "What", "Three [earlier]")
    mean, spread, *seeds = numbers(row["Result"])
    values = [float(seed) for seed in seeds]
    assert f"{statistics.mean(values):.2f}" == mean
    assert f"{statistics.stdev(values):.2f}" == spread
    assert f"({', '.join(seeds)})" in (DOCS / "experiments.md").read_text(encoding="utf-8")
