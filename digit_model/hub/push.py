"""Upload weights, with everything that belongs to them, to the Hub in one commit."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import HfApi, errors

from digit_model.evaluation.model_card import model_card_of
from digit_model.hub.client import hub_api
from digit_model.hub.errors import HubError, translate_errors
from digit_model.hub.names import check_repo_id
from digit_model.model_folder import (
    CARD_FILE,
    FIGURES,
    METRICS_FILE,
    MODEL_FILES,
    ModelError,
    figure_names,
    measured_hashes,
)
from digit_model.weights import load_weights


@dataclass(frozen=True)
class Published:
    """The result of an upload."""

    url: str  # of the repository, or of the pull request
    commit: str  # head of the branch or pull request afterwards, 40 hexadecimal digits
    changed: bool
    notes: tuple[str, ...] = ()  # sentences for the user


def push(
    folder: Path,
    repo: str,
    *,
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
) -> Published:
    """Upload weights, config, metrics, figures and a model card that names the repository.

    Args:
        folder: the weights; see :mod:`digit_model.weights`.
        repo: "user/repo"; created if there is none.
        private: visible to the owner alone, if it is created.
        create_pr: as a pull request.
        tag: put this tag on the commit.

    Raises:
        ModelError: the folder isn't complete, or the Hub refuses or fails. If a repository was
            created before that, the sentence says so.
    """
    files = files_of_model(folder, check_repo_id(repo))
    if create_pr and tag:
        raise ModelError("A tag marks a commit of the repository: a pull request has none yet.")
    return publish(
        repo,
        files,
        repo_type="model",
        title="Weights of the digit recogniser",
        delete_patterns=[f"{FIGURES}/*"],
        private=private,
        create_pr=create_pr,
        tag=tag,
    )


def files_of_model(folder: Path, repo: str) -> dict[str, bytes]:
    """The files to upload from a folder of weights: names in the repository, and contents."""
    config = load_weights(folder).config  # nothing is uploaded that doesn't load
    if config.is_of_dry_run:
        raise ModelError(f"The weights in {folder} are of a dry run, and read nothing.")
    measured, command = measured_hashes(folder), f"python -m digit_model evaluate --model {folder}"
    if measured is None:
        raise ModelError(
            f"{folder / METRICS_FILE} is missing or damaged, and the model card is made of it: "
            f"run {command}."
        )
    if measured != config.hashes:
        raise ModelError(
            f"{folder / METRICS_FILE} has the figures of other weights: run {command}."
        )
    names = [*MODEL_FILES, METRICS_FILE, *figure_names(folder)]
    files = {name: (folder / name).read_bytes() for name in names}
    return {**files, CARD_FILE: model_card_of(folder, repo).encode()}


def publish(
    repo: str,
    files: Mapping[str, bytes],
    *,
    repo_type: str,
    title: str,
    delete_patterns: Sequence[str],
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
) -> Published:
    """Make a repository hold these files, with one commit, or none if it holds them already.

    Args:
        repo: "user/repo"; created if there is none.
        files: names in the repository, and contents.
        repo_type: "model" or "space".
        title: of the commit or the pull request.
        delete_patterns: globs, in which ``*`` also matches slashes. The same commit deletes the
            files in the repository that match one and are not in ``files``; all others stay.
        private, create_pr, tag: as for :func:`push`.

    Raises:
        ModelError: as for :func:`push`.
    """
    api, notes, created = hub_api(), [], False
    with translate_errors(repo, writing=True):
        try:
            before = api.repo_info(repo, repo_type=repo_type)
            if private and not before.private:
                notes.append(f"{repo} exists and is public: --private counts for new ones only.")
        except errors.GatedRepoError:  # a RepositoryNotFoundError too, but it exists
            raise
        except errors.RepositoryNotFoundError:
            sdk = "gradio" if repo_type == "space" else None
            api.create_repo(repo, repo_type=repo_type, private=private, space_sdk=sdk)
            created = True
    try:
        with translate_errors(repo, writing=True), tempfile.TemporaryDirectory() as folder:
            if created:
                before = api.repo_info(repo, repo_type=repo_type)
            _write_files(Path(folder), files)
            # One commit, as hub_api() has turned Xet off: with it, this may make several. Files
            # that the repository holds already are skipped.
            commit = api.upload_folder(
                repo_id=repo,
                folder_path=folder,
                repo_type=repo_type,
                commit_message=title,
                delete_patterns=[*delete_patterns],
                parent_commit=before.sha,  # refused if somebody else has committed meanwhile
                create_pr=create_pr,
            )
    except ModelError as error:
        if not created:
            raise
        raise HubError(
            f"{str(error).rstrip('.')}; {repo} had been created by then and is there without these "
            "files: run this again, or delete it on the Hub."
        ) from error
    if tag:
        _add_tag(api, repo, repo_type, tag, commit.oid)
    url = commit.pr_url or str(commit.repo_url)
    return Published(url, commit.oid, commit.oid != before.sha, tuple(notes))


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _add_tag(api: HfApi, repo: str, repo_type: str, tag: str, commit: str) -> None:
    with translate_errors(f"{repo}@{tag}", writing=True):
        refs = api.list_repo_refs(repo, repo_type=repo_type)
        tagged = {ref.name: ref.target_commit for ref in refs.tags}.get(tag)
        if tagged is None:
            api.create_tag(repo, tag=tag, revision=commit, repo_type=repo_type)
        elif tagged != commit:
            raise HubError(
                f"{repo} has a tag {tag} already, on commit {tagged[:12]}: the weights are pushed, "
                f"as commit {commit[:12]}, but not tagged."
            )
