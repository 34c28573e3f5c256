"""What a model's name means: a folder on this machine, or a repository on the Hub.

- A :class:`~pathlib.Path`, and text with no slash or more than one, is a folder: ``weights``,
  ``./weights``, ``/srv/weights``, ``runs/today/best``. ``./`` in front always makes it one.
- ``user/repo@revision``, or ``user/repo`` with a revision beside it, is the Hub, always.
- ``user/repo`` alone is the folder of that name if there is one with weights in it, and this is
  said; if there is such a folder without weights, it is refused; else it is the Hub.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from digit_model.weights import CONFIG_FILE, ModelError

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
    """Tell folders from Hub names; see above.

    Returns:
        Where the model is, and a sentence for the user when the name could mean both.

    Raises:
        ModelError: a folder is given a revision, or the name could mean both and there is nothing
            in the folder.
    """
    match = None if isinstance(model, Path) else _HUB_NAME.fullmatch(model)
    if match is None:
        if revision is not None:
            raise ModelError(
                f"{model} is a folder, and only repositories on the Hub have revisions."
            )
        return Path(model).expanduser(), None
    repo, named = match.groups()
    if revision is not None and named is not None and revision != named:
        raise ModelError(f"{model} names another revision than {revision}.")
    if named == "" or revision == "":
        raise ModelError(f"The revision of {repo} is empty: name a branch, a tag or a commit.")
    revision = revision or named
    if revision is not None and not {"", ".", ".."}.isdisjoint(revision.split("/")):
        raise ModelError(f"{revision!r} can't be the name of a branch, a tag or a commit.")
    if revision is None and Path(repo).is_dir():
        if (Path(repo) / CONFIG_FILE).is_file():
            return Path(repo), f"{repo} is a folder here; {repo}@main would be the one on the Hub."
        raise ModelError(
            f"There is a folder {repo} here, but no weights in it: write {repo}@main if you mean "
            f"the repository on the Hub, ./{repo} if you mean the folder."
        )
    return HubName(repo, revision), None


def hub_name(name: str) -> HubName | None:
    """A name like user/repo or user/repo@revision; None if it can only be a folder's path."""
    match = _HUB_NAME.fullmatch(name)
    return HubName(match[1], match[2]) if match else None


def repository(name: str) -> str:
    """``name`` if it can be a repository on the Hub, such as user/repo; else a ModelError."""
    found = hub_name(name)
    if found is None or found.revision is not None:
        raise ModelError(f"A repository on the Hub is named like user/repo, not {name!r}.")
    return name
