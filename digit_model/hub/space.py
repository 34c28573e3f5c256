"""This repository as a Gradio Space: exactly the files that the page needs."""

import ast
import contextlib
import re
import subprocess
from pathlib import Path

from digit_model.hub.client import hub_api
from digit_model.hub.names import HubName, locate, repository
from digit_model.hub.pull import FILES, pull
from digit_model.hub.push import Published, publish
from digit_model.weights import ModelError, load_weights

ROOT = Path(__file__).parents[2]
START = "app.py"
# Beside the modules that app.py imports, by whatever way: what they read, and what the Hub reads.
NEEDED = ("requirements.txt", "README.md", "LICENSE", "page/", "examples/")
WEIGHTS = "weights/"  # on top, unless they come from the Hub
MODEL_FILE = "model.txt"  # what app.py serves by default: user/repo@commit


def publish_space(space: str, *, model: str | None = None, private: bool = False) -> Published:
    """Create or update a Space; the weights are those in weights/, or of a model on the Hub.

    A model on the Hub is pinned to the commit that its branch or tag means now, and is downloaded
    while the Space is built, so that the Space starts without asking the Hub.

    Raises:
        ModelError: the model can't be loaded, this is no complete copy of the repository, or the
            Hub refuses or fails.
    """
    repository(space)
    files = contents(ROOT, pinned(model) if model else None)
    return publish(
        hub_api(),
        space,
        files,
        kind="space",
        title="The digit recogniser",
        own_folders=("digit_model/", "page/", "examples/", WEIGHTS, MODEL_FILE),
        private=private,
    )


def pinned(model: str) -> HubName:
    """The commit that a model's name means now; its weights have been loaded, to be sure."""
    place, _ = locate(model)
    if isinstance(place, Path):
        raise ModelError(
            f"{model} is a folder on this machine: push it to the Hub first, with "
            "python -m digit_model push, and name the repository."
        )
    folder, commit, notice = pull(place)
    if notice:
        raise ModelError(notice)
    load_weights(folder)
    return HubName(place.repo, commit)


def contents(root: Path, model: HubName | None) -> dict[str, bytes]:
    """The files of a Space: names and contents."""
    needed = NEEDED if model else (*NEEDED, WEIGHTS)
    modules = imported(root, START)
    names = [
        name
        for name in _source_files(root)
        if (name in modules if name.endswith(".py") else name.startswith(needed))
    ]
    files = {name: (root / name).read_bytes() for name in names}
    for name in (START, *needed):
        if not any(file.startswith(name) for file in files):
            raise ModelError(f"{root} is no complete copy of this repository: {name} is missing.")
    card = _with_versions(files["README.md"].decode(), files["requirements.txt"].decode())
    if model:
        card = _with_model(card, model)
        files[MODEL_FILE] = f"{model}\n".encode()
    return {**files, "README.md": card.encode()}


def imported(root: Path, start: str) -> set[str]:
    """The file ``start`` and all modules below ``root`` that it imports, however late."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name in found or not (root / name).is_file():
            continue
        found.add(name)
        for node in ast.walk(ast.parse((root / name).read_bytes())):
            modules = []
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            for module in modules:
                parts = module.split(".")
                waiting += ["/".join(parts[:n]) + "/__init__.py" for n in range(1, len(parts) + 1)]
                waiting.append("/".join(parts) + ".py")
    return found


def _source_files(root: Path) -> list[str]:
    """All files of the source tree that git doesn't ignore; without git, none that are made."""
    listing = None
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        # There may be no git on this machine, or one that doesn't trust the folder.
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            listing = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    if listing is not None:
        names = listing.decode().split("\0")
    else:
        paths = (path.relative_to(root) for path in root.rglob("*"))
        names = [path.as_posix() for path in paths if not _made(path)]
    return sorted({name for name in names if (root / name).is_file()})


def _made(path: Path) -> bool:
    """Whether a path looks like what programs leave behind: caches, stubs, hidden folders."""
    hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
    return hidden or path.suffix in (".pyc", ".pyi", ".partial")


def _with_versions(card: str, requirements: str) -> str:
    """The Space's own copy of Gradio is the one that requirements.txt pins."""
    version = re.search(r"^gradio==(\S+)", requirements, re.MULTILINE)
    if version is None:
        raise ModelError("requirements.txt does not pin gradio.")
    return re.sub(r"^sdk_version: .*$", f"sdk_version: {version[1]}", card, count=1, flags=re.M)


def _with_model(card: str, model: HubName) -> str:
    """Front matter that links the model, and has it downloaded while the Space is built."""
    lines = ["models:", f"  - {model.repo}"]
    lines += ["preload_from_hub:", f"  - {model.repo} {','.join(FILES)} {model.revision}"]
    head, end, rest = card.partition("\n---\n")
    return "\n".join([head, *lines]) + end + rest
