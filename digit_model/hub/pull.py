"""Download weights from the Hub: resolve to a commit, verify, and fall back to the cache.

Downloads go to the Hub's own cache (HF_HUB_CACHE), so other tools see them. Two things are added to
it. ``refs/<branch or tag>`` holds the commit that a name meant last. It is written only after that
commit's weights have been verified and loaded, so it always leads to weights that work. And
``digit_model/<commit>.json`` holds the sha256 of the verified files, so that a later change on the
disk is noticed without asking the Hub.
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
from huggingface_hub.utils.sha import git_hash

from digit_model.files import write_atomically
from digit_model.hub.client import hub_api
from digit_model.hub.errors import (
    HubDamagedError,
    HubError,
    HubMissingError,
    HubUnreachableError,
    translate_errors,
)
from digit_model.hub.names import HubName
from digit_model.model_folder import METRICS_FILE, MODEL_FILES, ModelError

MAX_BYTES = 100_000_000  # of these files

logger = logging.getLogger(__name__)


def pull(name: HubName, *, local_files_only: bool = False) -> tuple[Path, str, str | None]:
    """Download the files of a model, unless they are in the cache, and verify them.

    If the Hub gives no answer, the commit that this branch or tag meant last is taken from the
    cache.

    Returns:
        The folder with config.json and the tensors; the commit, 40 hexadecimal digits; and a
        sentence for the user if the Hub gave no answer, else None.

    Raises:
        ModelError: there is no such repository, revision or file; it may not be read; the Hub gave
            no answer and the cache lacks the files; or a file is not the one that the Hub has.
    """
    if local_files_only:
        return *_find_in_cache(name), None
    try:
        return *_pull_from_hub(name), None
    except HubMissingError as error:
        raise HubMissingError(_or_no_folder(name, str(error))) from error
    except HubUnreachableError as error:
        try:
            folder, commit = _find_in_cache(name)
        except HubDamagedError:
            raise
        except HubError:
            raise HubUnreachableError(_or_no_folder(name, str(error))) from error
        notice = (
            f"{str(error).rstrip('.')}; using what was downloaded before, commit {commit[:12]}."
        )
        return folder, commit, notice


def _or_no_folder(name: HubName, sentence: str) -> str:
    """What is wrong, and that there is no folder of this name, which perhaps was meant."""
    if name.revision:
        return sentence
    return f"There is no folder {name} here, and {re.sub('^The ', 'the ', sentence)}"


def _pull_from_hub(name: HubName) -> tuple[Path, str]:
    commit = name.revision or "main"
    api = hub_api()
    with translate_errors(str(name)):
        if not _is_commit(commit):
            commit = api.repo_info(name.repo, revision=name.revision).sha or ""
            if not _is_commit(commit):
                raise HubError(f"The Hub does not say which commit {name} is.")
        folder = _snapshot_folder(name.repo, commit)
        needed = [folder / file for file in MODEL_FILES]
        if commit != name.revision:  # else another tool may have downloaded them, as for a Space
            needed.append(_checksums_path(name.repo, commit))
        if not all(path.exists() for path in needed):
            found = api.get_paths_info(name.repo, [*MODEL_FILES], revision=commit)
            listed = {info.path: info for info in found if isinstance(info, RepoFile)}
            for file in MODEL_FILES:
                if file not in listed:
                    raise HubError(
                        f"{name} holds no weights of this recogniser: {file} is missing."
                    )
            sizes = {file: listed[file].size for file in MODEL_FILES}
            if sum(sizes.values()) > MAX_BYTES:
                raise HubError(f"{name} holds no weights of this recogniser: they are too large.")
            hashes = {}
            for file in MODEL_FILES:
                path = Path(
                    hf_hub_download(name.repo, file, revision=commit, library_name="digit_model")
                )
                hashes[file] = _verify_download(path, listed[file], name)
            _write_if_possible(
                _checksums_path(name.repo, commit), json.dumps(hashes, indent=2) + "\n"
            )
    _verify_cached(name.repo, commit)
    return folder, commit


def pull_dataset(name: HubName, patterns: tuple[str, ...]) -> Path:
    """Download the files of a data set that match ``patterns``, and verify them.

    Returns:
        Their folder.

    Raises:
        ModelError: the Hub refuses or fails, or a file is not the one that the Hub has.
    """
    api = hub_api()
    with translate_errors(str(name)):
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
                _verify_download(path, info, name)
    return folder


def pull_metrics(repo: str, commit: str) -> None:
    """Download metrics.json, which the page shows, next to the weights, if the Hub has it."""
    name = HubName(repo, commit)
    with contextlib.suppress(ModelError), translate_errors(str(name)):
        for info in hub_api().get_paths_info(repo, [METRICS_FILE], revision=commit):
            if isinstance(info, RepoFile) and info.size <= MAX_BYTES:
                path = hf_hub_download(repo, info.path, revision=commit, library_name="digit_model")
                _verify_download(Path(path), info, name)


def save_ref(name: HubName, commit: str) -> None:
    """Note that the name means this commit, and that its weights load; for use offline."""
    if commit != name.revision:
        _write_if_possible(_cache_folder(name.repo) / "refs" / (name.revision or "main"), commit)


def _find_in_cache(name: HubName) -> tuple[Path, str]:
    commit = name.revision or "main"
    if not _is_commit(commit):
        reference = _cache_folder(name.repo) / "refs" / commit
        try:
            commit = reference.read_bytes().decode().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise HubError(
                f"{name} has not been downloaded before, so it can't be had offline."
            ) from error
    folder = _snapshot_folder(name.repo, commit)
    if not all((folder / file).exists() for file in MODEL_FILES):
        raise HubError(f"{name} has not been downloaded before, so it can't be had offline.")
    _verify_cached(name.repo, commit)
    return folder, commit


def _verify_download(path: Path, listed: RepoFile, name: HubName) -> str:
    """Return the file's sha256. If it isn't the Hub's file, delete it and raise HubDamagedError."""
    content = path.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if not _is_same(content, listed):
        path.resolve().unlink()
        path.unlink(missing_ok=True)
        raise HubDamagedError(
            f"{path.name} of {name} is not the file that the Hub has, so it is not used: "
            f"its sha256 begins {digest[:12]}; try again."
        )
    return digest


def _is_same(content: bytes, listed: RepoFile) -> bool:
    """Whether the content has the size and the hash that the Hub lists."""
    if listed.lfs:
        same = hashlib.sha256(content).hexdigest() == listed.lfs.sha256
    else:
        same = git_hash(content) == listed.blob_id
    return same and len(content) == listed.size


def _verify_cached(repo: str, commit: str) -> None:
    """Raise HubDamagedError if a file has changed on this disk since it was downloaded."""
    try:
        hashes = json.loads(_checksums_path(repo, commit).read_bytes())
        expected = [hashes[file] for file in MODEL_FILES]
    except (OSError, ValueError, LookupError, TypeError):
        return  # downloaded by another tool; loading still checks the sha256 in config.json
    for file, sha256 in zip(MODEL_FILES, expected, strict=True):
        path = _snapshot_folder(repo, commit) / file
        try:
            is_same = hashlib.sha256(path.read_bytes()).hexdigest() == sha256
        except OSError:
            is_same = False
        if not is_same:
            raise HubDamagedError(
                f"{file} of {repo} has changed on this disk since it was downloaded: "
                f"delete {path.resolve()} to have it downloaded again."
            )


def _is_commit(revision: str) -> bool:
    return re.fullmatch("[0-9a-f]{40}", revision) is not None


def _cache_folder(repo: str) -> Path:
    return Path(constants.HF_HUB_CACHE).expanduser() / repo_folder_name(
        repo_id=repo, repo_type="model"
    )


def _snapshot_folder(repo: str, commit: str) -> Path:
    return _cache_folder(repo) / "snapshots" / commit


def _checksums_path(repo: str, commit: str) -> Path:
    return _cache_folder(repo) / "digit_model" / f"{commit}.json"


def _write_if_possible(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text.encode())
    except OSError as error:  # a read-only cache is no problem
        logger.info("%s can't be written: %s", path, error.strerror)
