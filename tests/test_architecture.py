"""Who may import whom: data flows one way, and the page knows no image processing."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from repository import ROOT

PACKAGE = ROOT / "digit_model"

# All that the page, and app.py around it, may know of the package.
PAGE_MAY_IMPORT = {
    "digit_model",
    "digit_model.cli.arguments",
    "digit_model.cluster.client",
    "digit_model.cluster.deployment",
    "digit_model.correction_store",
    "digit_model.counterfactual.picture",  # for a type
    "digit_model.files",
    "digit_model.hints",  # for a type
    "digit_model.hub.correction_upload",
    "digit_model.hub.names",
    "digit_model.model_folder",
    "digit_model.serving.timed",
    "digit_model.serving.client",
    "digit_model.serving",  # ray_app.py
    "digit_model.serving.worker",  # for a type
}
NETWORKS = (
    *("convolution.py", "network.py", "pyramid.py", "ink_network.py", "number_network.py"),
    "fusion.py",
)
NO_PICTURES = {"cv2", "PIL", "digit_model.decode", "digit_model.ink", "digit_model.digit"}
# What each part of the package may not import, from the pixels upwards.
MAY_NOT_IMPORT = {
    "decode": {"torch", "digit_model.network", "digit_model.ink"},
    "digit.py": {"torch", "digit_model.network", "digit_model.decode"},
    "ink": {
        *("torch", "digit_model.network", "digit_model.ink_network"),
        *("digit_model.decode", "digit_model.data"),
    },
    "preprocess.py": {"torch", "digit_model.network"},
    "architectures.py": {"torch"},
    # What finds ink by a network takes it as a function: pixels in, ink out.
    **dict.fromkeys(NETWORKS, NO_PICTURES),
    "number": {
        *("torch", "digit_model.network", "digit_model.ink_network", "digit_model.number_network"),
        *("digit_model.data", "digit_model.evaluation", "digit_model.training"),
    },
    "recognizer.py": {"digit_model.data", "digit_model.evaluation", "digit_model.training"},
    "counterfactual": {"digit_model.data", "digit_model.evaluation", "digit_model.training"},
    "data": {"torch", "gradio", "digit_model.evaluation", "digit_model.training"},
    "evaluation": {"gradio", "digit_model.training"},
    "training": {"gradio"},
    "serving": {"gradio", "digit_model.data", "digit_model.training", "digit_model.evaluation"},
    "cluster": {"gradio", "digit_model.data", "digit_model.training", "digit_model.evaluation"},
    "hub": {"gradio", "digit_model.data", "digit_model.training"},
    "cli": {"gradio", "digit_model.training"},
}


def imports(path: Path) -> set[str]:
    """All modules that a file imports, at its top or later; "a.b" for `from a import b` too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name for name in names if is_module(name)}
    return found


def is_module(name: str) -> bool:
    place = ROOT.joinpath(*name.split("."))
    return place.is_dir() or place.with_suffix(".py").is_file()


def belongs(module: str, parent: str) -> bool:
    return module == parent or module.startswith(f"{parent}.")


def files(place: Path) -> list[Path]:
    return sorted(place.rglob("*.py")) if place.is_dir() else [place]


@pytest.mark.parametrize("place", [ROOT / "page", ROOT / "app.py"], ids=["page", "app.py"])
def test_the_page_knows_the_recogniser_and_no_image_processing(place: Path) -> None:
    for path in files(place):
        for module in imports(path):
            assert module not in ("cv2", "torch", "safetensors"), path
            if belongs(module, "digit_model"):
                assert module in PAGE_MAY_IMPORT, f"{path} imports {module}"


@pytest.mark.parametrize("place", MAY_NOT_IMPORT)
def test_data_flows_one_way(place: str) -> None:
    checked = files(PACKAGE / place)
    assert checked
    for path in checked:
        for module in imports(path):
            for parent in MAY_NOT_IMPORT[place]:
                assert not belongs(module, parent), f"{path} imports {module}"


def test_only_the_cluster_s_modules_import_ray() -> None:
    allowed = [PACKAGE / "cluster", ROOT / "page" / "server" / "ray_app.py"]
    for path in [*files(PACKAGE), *files(ROOT / "page"), ROOT / "app.py"]:
        if not any(path.is_relative_to(place) for place in allowed):
            assert not any(belongs(module, "ray") for module in imports(path)), path


def test_benchmarks_find_the_project_before_they_import_it() -> None:
    ours = {path.stem for path in (ROOT / "tests").glob("*.py")} | {"digit_model", "page"}
    for path in files(ROOT / "benchmarks"):
        modules = [
            node.names[0].name if isinstance(node, ast.Import) else node.module or ""
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]
        found = modules.index("benchmark") if "benchmark" in modules else len(modules)
        for module in modules[:found]:
            assert module.partition(".")[0] not in ours, f"{path} imports {module}"


def test_every_module_of_the_package_has_a_docstring() -> None:
    for path in files(PACKAGE):
        assert ast.get_docstring(ast.parse(path.read_text())), path


def test_the_map_for_contributors_leads_somewhere() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "`" in line]
    assert len(rows) > 20
    for row in rows:
        for path in re.findall(r"`((?:[\w-]+/)+[\w.-]*|\w+\.(?:py|md|csv))`", row):
            assert (ROOT / path).exists(), row
        for path in re.findall(r"tests/\w+\.py|benchmarks/\w+\.py", row):
            assert (ROOT / path).is_file(), row
        for constant, path in re.findall(r"`([A-Z_]+)` in `([^`]+)`", row):
            assert re.search(rf"^{constant} = ", (ROOT / path).read_text(), re.MULTILINE), row
