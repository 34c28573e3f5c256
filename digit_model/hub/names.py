"""Model names: folders on this machine, and repositories on the Hub.

- A :class:`~pathlib.Path`, and text with no slash or more than one, is a folder: ``weights``,
  ``./weights``, ``/srv/weights``, ``runs/today/best``. ``./`` in front always makes it one.
- ``user/repo@revision``, or ``user/repo`` with a revision beside it, is the Hub, always.
- ``user/repo`` alone is the folder of that name if it exists and holds weights, with a notice to
  the user. If the folder exists without weights, it is an error. Otherwise it is the Hub. Data
  sets are told apart likewise, but that any folder may hold one.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from digit_model.model_folder import CONFIG_FILE, ModelError

_NAME = r"[A-Za-z0-9][\w.-]*"
_HUB_NAME = re.compile(rf"({_NAME}/{_NAME})(?:@(.*))?", re.ASCII)


@dataclass(frozen=True)
class HubName:
    """A repository and one of its branches, tags or commits."""

    repo: str
    revision: str | None = None  # None is the main branch

    def __str__(self) -> str:
        return f"{self.repo}@{self.revision}" if self.revision else self.repo


def locate(model: str | Path, revision: str | None = None) -> tuple[Path | HubName, str | None]:
    """Tell folders from repositories on the Hub, by the rules above.

    Returns:
        The folder or the repository; and a sentence for the user if the name could mean both,
        else None.

    Raises:
        ModelError: the name is empty, a folder is given with a revision, the revision can't be
            one, the name is a file's, or it could mean both and the folder holds no weights.
    """
    if model == "":
        raise ModelError("The weights have no name: give a folder or a repository.")
    match = None if isinstance(model, Path) else _HUB_NAME.fullmatch(model)
    if match is None:
        if revision is not None:
            raise ModelError(
                f"{model} is a folder, and only repositories on the Hub have revisions."
            )
        return _folder(model), None
    repo, named_revision = match.groups()
    if revision is not None and named_revision is not None and revision != named_revision:
        raise ModelError(f"{model} names another revision than {revision}.")
    if named_revision == "" or revision == "":
        raise ModelError(f"The revision of {repo} is empty: name a branch, a tag or a commit.")
    revision = revision or named_revision
    if revision is not None and not {"", ".", ".."}.isdisjoint(revision.split("/")):
        raise ModelError(f"{revision!r} can't be the name of a branch, a tag or a commit.")
    if revision is None and Path(repo).is_dir():
        if (Path(repo) / CONFIG_FILE).is_file():
            return Path(repo), f"{repo} is a folder here; {repo}@main would be the one on the Hub."
        raise ModelError(
            f"There is a folder {repo} here, but no weights in it: write {repo}@main if you mean "
            f"the repository on the Hub, ./{repo} if you mean the folder."
        )
    if revision is None and Path(repo).exists():
        raise ModelError(f"{repo} is a file: name the folder that it is in.")
    return HubName(repo, revision), None


def parse_hub_name(name: str) -> HubName | None:
    """Parse user/repo or user/repo@revision; None if the name can only be a folder."""
    match = _HUB_NAME.fullmatch(name)
    return HubName(match[1], match[2]) if match else None


def locate_dataset(name: str) -> Path | HubName:
    """A folder, or a data set on the Hub: user/dataset is a folder where there is one."""
    dataset = parse_hub_name(name)
    if dataset is None or (dataset.revision is None and Path(name).is_dir()):
        return _folder(name)
    return dataset


def _folder(name: str | Path) -> Path:
    try:
        return Path(name).expanduser()
    except RuntimeError:  # ~name, and nobody is called so
        return Path(name)


def check_repo_id(name: str) -> str:
    """Return ``name`` if it has the form user/repo; raise ModelError if not."""
    parsed = parse_hub_name(name)
    if parsed is None or parsed.revision is not None:
        raise ModelError(f"A repository on the Hub is named like user/repo, not {name!r}.")
    return name
