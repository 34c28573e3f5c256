"""Weights from the Hub: resolved to a commit, checked before use, and kept for days without it.

Downloads go to the Hub's own cache (HF_HUB_CACHE), so other tools see them. Two things are added to
it. ``refs/<branch or tag>``, which says which commit a name meant last, is written only once that
commit's files have been checked and loaded, so it always leads to weights that work. And
``digit_model/<commit>.json`` keeps the sha256 of what was checked, so that a file which changes on
the disk afterwards is noticed without asking the Hub.
"""

import contextlib
import hashlib
import json
import logging
import re
from pathlib import Path

from huggingface_hub import constants, hf_hub_download, snapshot_download
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.hf_api import RepoFile

from digit_model.card import METRICS_FILE
from digit_model.files import replace_file
from digit_model.hub.client import hub_api
from digit_model.hub.errors import (
    HubDamagedError,
    HubError,
    HubMissingError,
    HubUnreachableError,
    sentences,
)
from digit_model.hub.names import HubName
from digit_model.weights import CONFIG_FILE, WEIGHTS_FILE, ModelError

FILES = (CONFIG_FILE, WEIGHTS_FILE)  # all that a model is loaded from: no pickle, no code
MAX_BYTES = 100_000_000  # of both; these weights have one

logger = logging.getLogger(__name__)


def pull(name: HubName, *, local_files_only: bool = False) -> tuple[Path, str, str | None]:
    """Have the files of a model on this machine, checked.

    Where the Hub gives no answer, what it last said of this branch or tag still counts.

    Returns:
        The folder that holds config.json and model.safetensors; the commit, 40 hexadecimal digits;
        and a sentence for the user if the Hub could not be asked, else None.

    Raises:
        ModelError: there is no such repository, revision or file, it may not be read, the Hub gave
            no answer and nothing is in the cache, or a file is not what the Hub says it is.
    """
    if local_files_only:
        return *_from_cache(name), None
    try:
        return *_from_hub(name), None
    except HubMissingError as error:
        if name.revision is None:  # perhaps a folder was meant
            sentence = f"There is no folder {name} here, and t{str(error)[1:]}"
            raise HubMissingError(sentence) from error
        raise
    except HubUnreachableError as error:
        try:
            folder, commit = _from_cache(name)
        except HubDamagedError:
            raise
        except HubError:
            raise error from error.__cause__
        notice = (
            f"{str(error).rstrip('.')}; using what was downloaded before, commit {commit[:12]}."
        )
        return folder, commit, notice


def _from_hub(name: HubName) -> tuple[Path, str]:
    commit = name.revision or "main"
    api = hub_api()
    with sentences(str(name)):
        if not _is_commit(commit):
            commit = api.repo_info(name.repo, revision=name.revision).sha or ""
            if not _is_commit(commit):
                raise HubError(f"The Hub does not say which commit {name} is.")
        folder = _snapshot(name.repo, commit)
        wanted = [_record(name.repo, commit), *(folder / file for file in FILES)]
        if not all(path.exists() for path in wanted):
            found = api.get_paths_info(name.repo, [*FILES], revision=commit)
            listed = {info.path: info for info in found if isinstance(info, RepoFile)}
            for file in FILES:
                if file not in listed:
                    raise HubError(
                        f"{name} holds no weights of this recogniser: {file} is missing."
                    )
            sizes = {file: listed[file].size for file in FILES}
            if sum(sizes.values()) > MAX_BYTES:
                raise HubError(f"{name} holds no weights of this recogniser: they are too large.")
            hashes = {}
            for file in FILES:
                path = Path(
                    hf_hub_download(name.repo, file, revision=commit, library_name="digit_model")
                )
                hashes[file] = _check_arrival(path, listed[file], name)
            _keep(_record(name.repo, commit), json.dumps(hashes, indent=2) + "\n")
    _check_unchanged(name.repo, commit)
    return folder, commit


def pull_dataset(name: HubName, patterns: tuple[str, ...]) -> Path:
    """Have the files of a data set that match on this machine, checked; returns their folder.

    Raises:
        ModelError: it can't be had, or a file is not what the Hub says it is.
    """
    api = hub_api()
    with sentences(str(name)):
        commit = api.repo_info(name.repo, revision=name.revision, repo_type="dataset").sha
        folder = Path(
            snapshot_download(
                name.repo,
                repo_type="dataset",
                revision=commit,
                allow_patterns=[*patterns],
                library_name="digit_model",
            )
        )
        listed = api.list_repo_tree(name.repo, recursive=True, revision=commit, repo_type="dataset")
        for info in listed:
            path = folder / info.path
            if isinstance(info, RepoFile) and path.is_file():
                _check_arrival(path, info, name)
    return folder


def pull_metrics(repo: str, commit: str) -> None:
    """Put metrics.json, which the page shows, beside the weights, if the Hub has it."""
    name = HubName(repo, commit)
    with contextlib.suppress(ModelError), sentences(str(name)):
        for info in hub_api().get_paths_info(repo, [METRICS_FILE], revision=commit):
            path = hf_hub_download(repo, info.path, revision=commit, library_name="digit_model")
            if isinstance(info, RepoFile):
                _check_arrival(Path(path), info, name)


def remember(name: HubName, commit: str) -> None:
    """Note that these weights work: they are what the name means while the Hub is away."""
    if commit != name.revision:
        _keep(_storage(name.repo) / "refs" / (name.revision or "main"), commit)


def _from_cache(name: HubName) -> tuple[Path, str]:
    commit = name.revision or "main"
    if not _is_commit(commit):
        reference = _storage(name.repo) / "refs" / commit
        try:
            commit = reference.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise HubError(
                f"{name} has not been downloaded before, so it can't be had offline."
            ) from error
    folder = _snapshot(name.repo, commit)
    if not all((folder / file).exists() for file in FILES):
        raise HubError(f"{name} has not been downloaded before, so it can't be had offline.")
    _check_unchanged(name.repo, commit)
    return folder, commit


def _check_arrival(path: Path, listed: RepoFile, name: HubName) -> str:
    """The file's sha256; if it isn't what the Hub has, the file is removed from the cache."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if not is_same(content, listed):
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise HubDamagedError(
            f"{path.name} of {name} is not the file that the Hub has, so it is not used: "
            f"its sha256 begins {digest[:12]}; try again."
        )
    return digest


def is_same(content: bytes, listed: RepoFile) -> bool:
    """Whether a file on the Hub has this content, by what the Hub says of it."""
    if listed.lfs:
        same = hashlib.sha256(content).hexdigest() == listed.lfs.sha256
    else:  # git's own hash
        blob = b"blob %d\0" % len(content) + content
        same = hashlib.sha1(blob).hexdigest() == listed.blob_id
    return same and len(content) == listed.size


def _check_unchanged(repo: str, commit: str) -> None:
    """Raises HubDamagedError if a file has changed on this disk since it was checked."""
    try:
        hashes = json.loads(_record(repo, commit).read_bytes())
    except (OSError, ValueError):
        return  # downloaded by another tool: config.json still vouches for the weights
    for file in FILES:
        path = _snapshot(repo, commit) / file
        if hashlib.sha256(path.read_bytes()).hexdigest() != hashes.get(file):
            raise HubDamagedError(
                f"{file} of {repo} has changed on this disk since it was downloaded: "
                f"delete {path.resolve()} to have it downloaded again."
            )


def _is_commit(revision: str) -> bool:
    return re.fullmatch("[0-9a-f]{40}", revision) is not None


def _storage(repo: str) -> Path:
    return Path(constants.HF_HUB_CACHE).expanduser() / repo_folder_name(
        repo_id=repo, repo_type="model"
    )


def _snapshot(repo: str, commit: str) -> Path:
    return _storage(repo) / "snapshots" / commit


def _record(repo: str, commit: str) -> Path:
    return _storage(repo) / "digit_model" / f"{commit}.json"


def _keep(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode())
    except OSError as error:  # a cache that can only be read still serves
        logger.info("%s can't be written: %s", path, error.strerror)
