"""README and docs: examples run as they stand; commands, links, names and figures are real."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import importlib.util
import io
import json
import math
import os
import re
import shlex
import shutil
import statistics
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from conftest import ROOT, Server
from gradio_client import Client
from hub_client import Client as HubClient
from hub_server import WRITE

import train
from digit_model import Prediction
from digit_model.__main__ import main
from digit_model.cli.arguments import Parser
from digit_model.evaluation.report import PARTS
from digit_model.training.recipe import DRAWN_RECIPES, FAST_RECIPES, RECIPES, SHIP
from digit_model.training.seeds import read_rows, summary
from page.server import limits
from page.server import options as app_options

README = ROOT / "README.md"
DOCS = ROOT / "docs"
PAGES = [README, *sorted(DOCS.glob("*.md"))]
LINKING = [ROOT / "CHANGELOG.md", ROOT / "data" / "README.md"]  # their links are checked, too
ADDRESS = "http://127.0.0.1:7860"  # of the server that the examples talk to
MAX_README_LINES = 126
VERBS = ("predict", "evaluate", "export", "push", "publish-space")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    page: Path
    language: str
    code: str


def blocks_of(page: Path) -> list[Block]:
    return [Block(page, *found) for found in FENCE.findall(page.read_text(encoding="utf-8"))]


BLOCKS = [block for page in PAGES for block in blocks_of(page)]
# What the examples in Python print, by a word in them; the first that is found counts.
PRINTED = {
    "ClientSession": r'"label": ?"7"',
    "AppError": r"^refused: .+\.$",
    "/recognize": r"^7 \[\{'label': '7'.*\ndigit 0\.\d+ [\d.]+\n\['7', '\d'\]\n"
    r"3450 0\.\d+ \[\[.+\]\]\n.+\.png$",
    "gradio_client": r"^7 \[\{'label': '7'",
    "push_to_hub": r"^True$",
    "counterfactual": r"^9 0\.\d+\n\d [\d.]+ \d [\d.]+$",
    "explain": r"^\(28, 28\) -[\d.]+ [\d.]+ \(28, 28\)$",
    "ImageError": r"^7 \[\('7', .*\n\['digit', 'not_a_digit'\]\nrefused: .+\.$",
    "onnxruntime": r"^7$",
    "normalize_digit": r"^7 [01]\.\d+ 0\.\d+$",
    "prediction.verdict": r"^digit 7 0\.99.*\n3450$",
    "read_number": r"^3450 0\.\d+\n3 \[.*\n4 \[.*\n5 \[.*\n0 \[",
}
PYTHON = [
    pytest.param(block, id=f"{block.page.stem}-{number}", marks=[pytest.mark.slow] * slow)
    for number, block in enumerate(block for block in BLOCKS if block.language == "python")
    if "push_to_hub" not in block.code  # that one has a test of its own
    for slow in [ADDRESS in block.code]  # and so starts a server
]


def prose_of(page: Path) -> str:
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def inline_code(page: Path) -> list[str]:
    return [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose_of(page))]


def expected_output(code: str) -> str:
    return next(pattern for word, pattern in PRINTED.items() if word in code)


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder that has what the examples read of the repository."""
    for name in ("examples", "weights", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- the examples


@pytest.mark.parametrize("block", PYTHON)
def test_python(block: Block, clone: Path, request: pytest.FixtureRequest, capsys: Any) -> None:
    code = block.code
    if ADDRESS in code:
        code = code.replace(ADDRESS, request.getfixturevalue("mcp_server").url)
    if "onnx" in code:
        for words in [each for found in blocks_of(block.page) for each in commands(found.code)]:
            if words[:4] == ["python", "-m", "digit_model", "export"]:
                assert main(words[3:]) == 0
    compiled = compile(code, str(block.page), "exec")
    # In a thread of its own: where a browser is open, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(exec, compiled, {"__name__": "__main__"}).result()
    assert re.search(expected_output(code), capsys.readouterr().out, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.hub
def test_python_with_the_hub(client: HubClient) -> None:
    (block,) = [block for block in BLOCKS if "push_to_hub" in block.code]
    outcome = client.run(block.code, token=WRITE)
    assert outcome.status == 0, outcome.err
    assert re.search(expected_output(block.code), outcome.out, re.MULTILINE)


@pytest.mark.slow
def test_curl(mcp_server: Server) -> None:
    found = [block for block in BLOCKS if block.language == "sh" and "curl" in block.code]
    assert found
    for block in found:
        code = block.code.replace(ADDRESS, mcp_server.url)
        finished = subprocess.run(
            ["bash", "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60
        )
        assert json.loads(finished.stdout)["data"][0]["label"] == "7", finished.stderr


@pytest.mark.slow
def test_javascript(mcp_server: Server, tmp_path: Path) -> None:
    """It is parsed, not run: @gradio/client comes from npm, and the tests use no network."""
    node = shutil.which("node")
    assert node is not None, "Node.js, which `make` installs for the linter, parses the example"
    (block,) = [block for block in BLOCKS if block.language == "js"]
    file = tmp_path / "example.mjs"
    file.write_text(block.code, encoding="utf-8")
    checked = subprocess.run([node, "--check", file], capture_output=True, text=True, timeout=60)
    assert checked.returncode == 0, checked.stderr
    calls = re.findall(r'client\.predict\("(/\w+)", \{ (.*?) \}\)', block.code)
    assert calls
    endpoints = public_endpoints(mcp_server)
    for name, options in calls:
        assert {option.partition(":")[0] for option in options.split(", ")} <= endpoints[name]


@pytest.mark.slow
def test_the_table_of_endpoints(mcp_server: Server) -> None:
    listed = {
        row["Endpoint"].strip("`"): set(re.findall(r"`(\w+)", row["In"]))
        for row in table_rows(DOCS / "api.md", "Endpoint").values()
    }
    assert listed == public_endpoints(mcp_server)


def public_endpoints(server: Server) -> dict[str, set[str]]:
    """The names of their parameters, by their own."""
    api = Client(server.url, verbose=False).view_api(print_info=False, return_format="dict")
    return {
        name: {parameter["parameter_name"] for parameter in endpoint["parameters"]}
        for name, endpoint in api["named_endpoints"].items()
    }


def test_predictions_on_the_command_line(clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "".join(block.code for block in blocks_of(DOCS / "api.md") if block.language == "sh")
    lines: list[str] = []
    for words in commands(code):
        if words[:4] == ["python", "-m", "digit_model", "predict"]:
            assert main(expand(words[3:], clone)) == 0
            lines += capsys.readouterr().out.splitlines()
    assert "examples/crossed-seven.jpg: 7  [7 " in "\n".join(lines)
    assert json.loads(lines[-1])["verdict"] == "digit"


@pytest.mark.slow  # the training takes seconds
@pytest.mark.usefixtures("next_to_no_data")
def test_own_digits(mnist_folder: Path, clone: Path, capsys: pytest.CaptureFixture[str]) -> None:
    drawings = ROOT / "data" / "drawings"
    with (drawings / "labels.csv").open(encoding="utf-8") as file:
        for number, row in enumerate(csv.DictReader(file)):
            folder = clone / ("mine-aside" if number < 10 else "mine") / row["label"]
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(drawings / row["file"], folder / f"{number}.png")
    (clone / "mine" / "not a digit").mkdir()
    shutil.copy(ROOT / "examples" / "no-digit-at-all.jpg", clone / "mine" / "not a digit")

    lines = [words for block in blocks_of(DOCS / "own-digits.md") for words in commands(block.code)]
    training, *_ = [words[2:] for words in lines if words[:2] == ["python", "train.py"]]
    predictions = [words[3:] for words in lines if "predict" in words]
    assert train.main([*training, "--dry-run", "--data-dir", str(mnist_folder)]) == 0
    counts = re.search(r"(\d+) own digits and (\d+) that are none", capsys.readouterr().out)
    assert counts
    assert int(counts[1]) == 70 * int(counts[2]) > 0  # each is shown more than once
    assert [words[2] for words in predictions] == ["weights", "./runs/mine"]
    for words in predictions:
        assert main(expand(words, clone)) == 0
        assert capsys.readouterr().out.startswith("mine-aside/3/3.png: 3")


# ---- commands and their options


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


def parse_verb(arguments: list[str]) -> None:
    """The command line of `python -m digit_model`, without doing what it says."""
    parse = Parser.parse_args

    def parse_only(parser: Parser, *arguments: Any) -> Any:
        args = parse(parser, *arguments)
        args.run = lambda _: 0
        return args

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Parser, "parse_args", parse_only)
        assert main(arguments) == 0


def check_command(words: list[str]) -> None:
    """Raises AssertionError or SystemExit for what nobody could type with success."""
    match words:
        case ["python", "app.py", *arguments]:
            app_options.parse_options(arguments)
        case ["python", "train.py", *arguments]:
            train.parse_options(arguments)
        case ["torchrun", *arguments]:
            train.parse_options(arguments[arguments.index("train.py") + 1 :])
        case ["python", "-m", "digit_model", *arguments]:
            parse_verb(arguments)
        case ["make", target, *variables]:
            makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
            assert re.search(rf"^{target}:", makefile, re.MULTILINE)
            for variable in variables:
                name, _, options = variable.partition("=")
                assert f"$({name})" in makefile
                app_options.parse_options(shlex.split(options))
        case ["python", script, *arguments] if script.startswith("benchmarks/"):
            source = (ROOT / script).read_text(encoding="utf-8")
            assert all(f'"{option}"' in source for option in arguments if option.startswith("-"))
        case ["docker", "compose", "--file", file, "up", *_] | ["serve", "run" | "deploy", file]:
            assert (ROOT / file).is_file()
        case ["ray", "start", "--head"]:
            pass
        case ["pip", "install", "-r", requirements]:
            assert (ROOT / requirements).is_file()
        case ["pip", "install", "." | "onnx" | "tensorboard"] | [
            "npm",
            "install",
            "@gradio/client",
        ]:
            pass
        case ["tensorboard", "--logdir", _]:
            pass
        case ["python", "-m", "pytest"] | ["python3", "-m", "venv", ".venv"]:
            pass
        case ["." | "for" | "do" | "done", *_] | ["hf", "auth", "login"]:
            pass
        case _:
            pytest.fail(f"The tests know nothing of this command: {shlex.join(words)}")


@pytest.fixture
def _plain_options(monkeypatch: pytest.MonkeyPatch) -> None:
    """No port is tried, and no variable of this machine counts."""
    monkeypatch.setattr(app_options, "check_address", lambda host, port: None)
    for name in [name for name in os.environ if name.startswith("DIGIT_")]:
        monkeypatch.delenv(name)
    for name in ("NAME", "PORT"):
        monkeypatch.delenv(f"GRADIO_SERVER_{name}", raising=False)


@pytest.mark.usefixtures("_plain_options")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_command_is_one_that_its_parser_takes(page: Path) -> None:
    code = [
        block.code
        for block in blocks_of(page)
        if block.language == "sh" and "curl" not in block.code  # that one runs
    ]
    programs = ("python ", "torchrun ", "make ", "pip ", "hf ", "npm ", "docker ", "serve ", "ray ")
    code += [code for code in inline_code(page) if code.startswith(programs)]
    for part in code:
        for words in commands(part):
            try:
                check_command(words)
            except (AssertionError, SystemExit) as error:
                if getattr(error, "code", 1) != 0:  # as --help has
                    pytest.fail(f"{shlex.join(words)}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_option_exists(page: Path) -> None:
    parsers: list[Callable[[list[str]], Any]] = [app_options.parse_options, train.parse_options]
    known = {option for parser in parsers for option in options_of(parser)}
    for verb in VERBS:
        known |= options_of(main, verb)
    named = {code.split()[0].partition("=")[0] for code in inline_code(page) if code[:2] == "--"}
    assert named <= known


def options_of(parser: Callable[[list[str]], Any], *verb: str) -> set[str]:
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        parser([*verb, "--help"])
    return set(re.findall(r"--[a-z][a-z-]+", text.getvalue()))


@pytest.mark.usefixtures("_plain_options")
def test_the_table_of_options_and_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = table_rows(DOCS / "deployment.md", "Option").values()
    assert {row["Option"].strip("`") for row in rows} == options_of(app_options.parse_options) - {
        "--help"
    }
    values: dict[str, str | None] = {"--port": "8080", "--workers": "5"}
    values |= {limits.option_of(each.name): "7" for each in dataclasses.fields(limits.Limits)}
    values |= {"--share": None, "--mcp": None, "--log-requests": None}
    values |= {"--trusted-proxies": "10.0.0.0/8"}
    default = app_options.parse_options([])
    for row in rows:
        option, variable = row["Option"].strip("`"), row["Variable"].strip("`")
        value = values.get(option, "elsewhere")
        chosen = app_options.parse_options([option] if value is None else [option, value])
        with monkeypatch.context() as patch:
            patch.setenv(variable, value or "1")
            assert app_options.parse_options([]) == chosen != default, variable


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
    each = visitors["answers_per_second"]
    assert f"Thirty people who draw all the time ask for {each:.0f} answers a second" in text
    assert visitors["visitors"] == 30
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


# ---- names, links and tables


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


# ---- figures


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
        "Pen strokes": [
            mean("strokes", "mean_recall", 2),
            worst("strokes", "mean_recall", 2),
            mean("strokes", "ece", 1),
        ],
        "Synthetic photographs": [
            mean("photographs", "accuracy", 1),
            worst("photographs", "accuracy", 1),
            mean("photographs", "ece", 1),
        ],
        "Drawings": [
            str(round(drawings["accuracy"] * drawings["count"])),
            str(drawings["count"]),
        ],
        "Scans, Optdigits": scans("Optdigits"),
        "Scans, Semeion": scans("Semeion"),
        "MNIST-C": [mean("MNIST-C", "accuracy", 1), worst("MNIST-C", "accuracy", 1)],
        "Robustness": [mean("robustness", "accuracy", 1), worst("robustness", "accuracy", 1)],
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


def numbers(text: str) -> list[str]:
    return re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?", text.replace(",", "").replace("p95", ""))


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
        ("photographs", "Synthetic photographs"),
        ("MNIST-C", "MNIST-C"),
        ("robustness", "Robustness"),
    ):
        members = {name: row for name, row in sets.items() if name.startswith(f"{group}, ")}
        worst = min(members, key=lambda name: members[name]["accuracy"])
        row = row_that_begins(DOCS / "results.md", "What", start)
        assert f"({worst.partition(', ')[2]})" in row["Result"]


def test_readme_has_the_figures_of_the_page_of_results() -> None:
    measured = figures()
    seeds = numbers(row_that_begins(DOCS / "results.md", "What", "Before the")["Result"])
    for start, expected in (
        ("MNIST's 10", [*measured["MNIST, 10,000 test images"], *seeds[:2]]),
        ("Pen strokes", measured["Pen strokes"][:1]),
        ("MNIST's test images under", measured["Robustness"]),
        ("Synthetic", measured["Synthetic photographs"][:2]),
    ):
        row = row_that_begins(README, "Measured on", start)
        assert numbers(row["Result"]) == expected
        assert row["Data"] == ("test" if start.startswith("MNIST's") else "development")


def test_the_spread_of_the_seeds() -> None:
    """Of those before the refinement; their figures are in the record of experiments, too."""
    row = row_that_begins(DOCS / "results.md", "What", "Before the")
    mean, spread, *seeds = numbers(row["Result"])
    values = [float(seed) for seed in seeds]
    assert f"{statistics.mean(values):.2f}" == mean
    assert f"{statistics.stdev(values):.2f}" == spread
    assert f"({', '.join(seeds)})" in (DOCS / "experiments.md").read_text(encoding="utf-8")
