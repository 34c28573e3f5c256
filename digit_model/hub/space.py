"""Upload this repository as a Gradio Space: only the files that the page needs."""

import ast
import contextlib
import re
import subprocess
from functools import cache
from pathlib import Path

from huggingface_hub import SpaceCard

from digit_model.hub.names import HubName, check_repo_id, locate
from digit_model.hub.pull import pull
from digit_model.hub.push import Published, publish
from digit_model.model_folder import MODEL_FILES, ModelError
from digit_model.serving.process import PRELOADED
from digit_model.weights import load_weights

ROOT = Path(__file__).parents[2]
ENTRY_POINT = "app.py"
# Besides the modules that app.py imports, directly or not: files that they read, or the Hub reads.
REQUIRED = ("requirements.txt", "README.md", "LICENSE", "page/", "examples/")
WEIGHTS_FOLDER = "weights/"  # required too, unless the weights come from the Hub
MODEL_FILE = "model.txt"  # what app.py serves by default: user/repo@commit
SPACE_TEXT = """
# Handwritten digits, as people really draw them

A recogniser for handwritten digits, alone or in numbers: draw them, or drop a photograph. It says
how sure it is, and when something is no digit at all.

The page's tab Model says how often it is right, and what it can't do; Help & privacy, what happens
to pictures. "Use via API" at the foot of the page has the code to call it from Python, JavaScript,
a shell and language models.
"""


def publish_space(space: str, *, model: str | None = None, private: bool = False) -> Published:
    """Create or update a Space.

    A model on the Hub is pinned to the commit that its branch or tag means now. It is downloaded
    while the Space is built, so the Space starts whatever the Hub answers then.

    Args:
        space: "user/space"; created if there is none.
        model: "user/repo" or "user/repo@revision" to serve; by default weights/, which is uploaded.
        private: visible to the owner alone, if it is created.

    Raises:
        ModelError: the model can't be loaded, this is no complete copy of the repository, or the
            Hub refuses or fails.
    """
    check_repo_id(space)
    return publish(
        space,
        files_of_space(ROOT, pin_to_commit(model) if model else None),
        repo_type="space",
        title="The digit recogniser",
        delete_patterns=["digit_model/*", "page/*", "examples/*", f"{WEIGHTS_FOLDER}*", MODEL_FILE],
        private=private,
    )


def pin_to_commit(model: str) -> HubName:
    """The commit that a model's name means now. Its weights are downloaded and loaded as a test."""
    place, _ = locate(model)
    if isinstance(place, Path):
        raise ModelError(
            f"{model} is a folder on this machine: push it to the Hub first, with "
            "python -m digit_model push, and name the repository."
        )
    folder, commit, notice = pull(place)
    if notice:  # it found what was downloaded before
        raise ModelError(
            f"The Hub doesn't say which commit {model} is now, so no Space can be pinned to it."
        )
    load_weights(folder)
    return HubName(place.repo, commit)


def files_of_space(root: Path, model: HubName | None) -> dict[str, bytes]:
    """What to upload of the source tree ``root``: names in the Space, and contents."""
    required = REQUIRED if model else (*REQUIRED, WEIGHTS_FOLDER)
    modules = imported_modules(root, ENTRY_POINT, *map(_file_of, PRELOADED))
    names = [
        name
        for name in _source_files(root)
        if (name in modules if name.endswith(".py") else name.startswith(required))
    ]
    files = {name: (root / name).read_bytes() for name in names}
    for name in (ENTRY_POINT, *required):
        if not any(file.startswith(name) for file in files):
            raise ModelError(f"{root} is no complete copy of this repository: {name} is missing.")
    if model:
        files[MODEL_FILE] = f"{model}\n".encode()
    readme, requirements = files["README.md"].decode(), files["requirements.txt"].decode()
    return {**files, "README.md": _space_card(readme, requirements, model).encode()}


def imported_modules(root: Path, *starts: str) -> set[str]:
    """Paths below ``root`` of these files and of all modules that they import, directly or not.

    Imports within functions count, too.
    """
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        name = waiting.pop()
        if name in found or not (root / name).is_file():
            continue
        found.add(name)
        for module in _imports((root / name).read_bytes()):
            parts = module.split(".")
            waiting += ["/".join(parts[:n]) + "/__init__.py" for n in range(1, len(parts) + 1)]
            waiting.append(_file_of(module))
    return found


def _file_of(module: str) -> str:
    return module.replace(".", "/") + ".py"


@cache
def _imports(source: bytes) -> list[str]:
    """What a module imports: the names of modules, and of what may be one."""
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return modules


def _source_files(root: Path) -> list[str]:
    """All files that git doesn't ignore; without git, all that don't look generated."""
    listing = None
    if (root / ".git").exists():
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        # This machine may have no git, or one that doesn't trust the folder.
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            listing = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    if listing is not None:
        names = listing.decode().split("\0")
    else:
        paths = (path.relative_to(root) for path in root.rglob("*"))
        names = [path.as_posix() for path in paths if not _is_generated(path)]
    return sorted({name for name in names if (root / name).is_file()})


def _is_generated(path: Path) -> bool:
    """Whether a path looks like a cache, a stub, a temporary file or a hidden folder."""
    hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
    return hidden or path.suffix in (".pyc", ".pyi", ".partial")


def _space_card(readme: str, requirements: str, model: HubName | None) -> str:
    """The README's front matter with the pinned version of Gradio and the model, and a text.

    The README's own text links to files that a Space hasn't got.
    """
    version = re.search(r"^gradio==(\S+)", requirements, re.MULTILINE)
    if version is None:
        raise ModelError("requirements.txt does not pin gradio.")
    card = SpaceCard(readme)
    card.text = SPACE_TEXT
    card.data["sdk_version"] = version[1]
    if model:
        card.data["models"] = [model.repo]
        files = ",".join(MODEL_FILES)
        card.data["preload_from_hub"] = [f"{model.repo} {files} {model.revision}"]
    return str(card)
