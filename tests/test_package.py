"""`pip install .` brings all that recognising a digit needs, and nothing that it doesn't."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from repository import ROOT

# What a wheel is made of.
SOURCES = ("digit_model", "weights", "pyproject.toml", "README.md", "LICENSE")

RECOGNISE = """
import sys
asked = []
class Missing:
    def find_spec(self, name, path, target=None):
        if name in ("gradio", "mcp", "matplotlib", "torchvision", "tqdm", "page", "app"):
            asked.append(name)
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
import digit_model
prediction = digit_model.DigitRecognizer.from_pretrained().predict(sys.argv[1])
print(digit_model.__file__, prediction.label, *asked)
"""


def pins(file: str) -> dict[str, str]:
    """Versions by name, of a requirements file."""
    lines = (ROOT / file).read_text().splitlines()
    found = [Requirement(line.partition("#")[0]) for line in lines if line[:1].isalpha()]
    return {pin.name.lower(): str(pin.specifier).removeprefix("==") for pin in found}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package alone in a folder; its dependencies are those of the tests."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in SOURCES:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, source / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, source)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(target), str(source)], check=True, timeout=120)
    return target


@pytest.mark.slow
def test_an_installed_package_recognises_a_digit_in_an_empty_folder(
    installed: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed), "HF_HUB_OFFLINE": "1"}
    picture = ROOT / "examples" / "crossed-seven.jpg"
    finished = subprocess.run(
        [sys.executable, "-P", "-c", RECOGNISE, str(picture)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 0, finished.stderr
    file, label, *asked = finished.stdout.split()
    assert Path(file).is_relative_to(installed)
    assert label == "7"
    assert set(asked) <= {"tqdm"}  # which torch does without; the others take seconds to import


@pytest.mark.slow
def test_an_installed_package_says_what_needs_the_repository(
    installed: Path, tmp_path: Path
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "digit_model", "evaluate", "--only", "drawings"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert finished.returncode == 2
    assert finished.stderr.endswith("run this in a clone of the repository.\n")
    assert "Traceback" not in finished.stderr


@pytest.mark.slow
def test_an_installed_package_has_its_types_and_its_model_card(installed: Path) -> None:
    assert (installed / "digit_model" / "py.typed").is_file()
    assert "CC BY-SA" in (installed / "digit_model" / "pretrained" / "README.md").read_text()
    found = {path.name for path in (installed / "digit_model").iterdir() if path.is_dir()}
    packages = {path.parent.name for path in (ROOT / "digit_model").glob("*/__init__.py")}
    assert found - {"__pycache__"} == packages | {"pretrained"}


def test_pins_are_versions_that_the_package_allows() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    # What training can do without is no part of what a Space installs.
    training = [wish for wish in extras["train"] if wish not in extras["dev"]]
    for file, wanted in (
        ("requirements.txt", [*project["dependencies"], *extras["app"], *training]),
        ("requirements-ray.txt", extras["ray"]),
        ("requirements-dev.txt", extras["dev"]),
    ):
        pinned = pins(file)
        allowed = {wish.name.lower(): wish for wish in map(Requirement, wanted)}
        assert pinned.keys() == allowed.keys(), file
        for name, version in pinned.items():
            assert allowed[name].specifier.contains(version), name


def test_an_unknown_name_is_an_attribute_error() -> None:
    import digit_model

    with pytest.raises(AttributeError, match="no attribute 'Digitizer'"):
        digit_model.Digitizer  # noqa: B018  (asking for it is the test)
    assert {"DigitRecognizer", "ImageError", "ModelError", "Prediction"} <= set(digit_model.__all__)
