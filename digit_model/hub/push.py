"""Weights to the Hub: one commit with all that belongs to them, or none."""

import json
from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, errors
from huggingface_hub.hf_api import RepoFile

from digit_model.card import CARD_FILE, METRICS_FILE, model_card
from digit_model.hub.client import hub_api
from digit_model.hub.errors import HubError, sentences
from digit_model.hub.names import repository
from digit_model.hub.pull import is_same
from digit_model.weights import CONFIG_FILE, WEIGHTS_FILE, ModelError, load_weights


@dataclass(frozen=True)
class Published:
    """What became of a push. ``commit`` is the head of the branch or pull request afterwards."""

    url: str
    commit: str
    changed: bool
    notes: tuple[str, ...] = ()  # sentences


def push(
    folder: Path,
    repo: str,
    *,
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
) -> Published:
    """Put weights, config, metrics, figures and a model card made for the repository on the Hub.

    Raises:
        ModelError: the folder isn't complete, or the Hub refuses or fails. Where a repository had
            been created by then, the sentence says that it is there.
    """
    files = contents(folder, repository(repo))
    if create_pr and tag:
        raise ModelError("A tag marks a commit of the repository: a pull request has none yet.")
    return publish(
        hub_api(),
        repo,
        files,
        kind="model",
        title="Weights of the digit recogniser",
        own_folders=("figures/",),
        private=private,
        create_pr=create_pr,
        tag=tag,
    )


def contents(folder: Path, repo: str) -> dict[str, bytes]:
    """What belongs to the weights in a folder: names in the repository and contents."""
    _, config = load_weights(folder)  # nothing goes out that would not load
    try:
        metrics = json.loads((folder / METRICS_FILE).read_bytes())
        measured = metrics["model"]["sha256"]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ModelError(
            f"{folder / METRICS_FILE} is missing or damaged, and the model card is made of it: "
            f"run python -m digit_model evaluate --model {folder}."
        ) from error
    if measured != config.sha256:
        raise ModelError(
            f"{folder / METRICS_FILE} has the figures of other weights: "
            f"run python -m digit_model evaluate --model {folder}."
        )
    names = [CONFIG_FILE, WEIGHTS_FILE, METRICS_FILE]
    names += sorted(f"figures/{path.name}" for path in (folder / "figures").glob("*.png"))
    files = {name: (folder / name).read_bytes() for name in names}
    kilobytes = len(files[WEIGHTS_FILE]) / 1000
    card = model_card(metrics, json.loads(files[CONFIG_FILE]), kilobytes, repo)
    return {**files, CARD_FILE: card.encode()}


def publish(
    api: HfApi,
    repo: str,
    files: dict[str, bytes],
    *,
    kind: str,
    title: str,
    own_folders: tuple[str, ...],
    private: bool = False,
    create_pr: bool = False,
    tag: str | None = None,
) -> Published:
    """Bring a repository to hold these files, by one commit or, if it does already, by none.

    Files in ``own_folders`` that are none of these are deleted by the same commit; all others that
    somebody else has put there stay.
    """
    notes = []
    with sentences(repo, writing=True):
        try:
            before = api.repo_info(repo, repo_type=kind)
            created = False
            if private and not before.private:
                notes.append(f"{repo} exists and is public: --private counts for new ones only.")
        except errors.GatedRepoError:
            raise
        except errors.RepositoryNotFoundError:
            sdk = "gradio" if kind == "space" else None
            api.create_repo(repo, repo_type=kind, private=private, space_sdk=sdk)
            created = True
    try:
        with sentences(repo, writing=True):
            if created:
                before = api.repo_info(repo, repo_type=kind)
            there = {file.rfilename for file in getattr(before, "siblings", None) or ()}
            stale = sorted(name for name in there - files.keys() if name.startswith(own_folders))
            new = set(files)
            if not created:
                found = api.get_paths_info(repo, [*files], revision=before.sha, repo_type=kind)
                for info in found:
                    if isinstance(info, RepoFile) and is_same(files[info.path], info):
                        new.remove(info.path)
            url, commit = f"{api.endpoint}/{_path(kind)}{repo}", before.sha or ""
            if new or stale:
                done = api.create_commit(
                    repo,
                    [
                        *(CommitOperationAdd(name, files[name]) for name in sorted(new)),
                        *(CommitOperationDelete(name) for name in stale),
                    ],
                    commit_message=title,
                    repo_type=kind,
                    parent_commit=before.sha,
                    create_pr=create_pr,
                )
                url, commit = done.pr_url or url, done.oid
    except ModelError as error:
        if not created:
            raise
        raise HubError(
            f"{str(error).rstrip('.')}; {repo} had been created by then and is there without these "
            "files: run this again, or delete it on the Hub."
        ) from error
    if tag:
        _tag(api, repo, tag, commit, kind)
    return Published(url, commit, commit != before.sha, tuple(notes))


def _tag(api: HfApi, repo: str, tag: str, commit: str, kind: str) -> None:
    with sentences(f"{repo}@{tag}", writing=True):
        refs = api.list_repo_refs(repo, repo_type=kind)
        marked = {ref.name: ref.target_commit for ref in refs.tags}.get(tag)
        if marked is None:
            api.create_tag(repo, tag=tag, revision=commit, repo_type=kind)
        elif marked != commit:
            raise HubError(
                f"{repo} has a tag {tag} already, on commit {marked[:12]}: the weights are pushed, "
                f"as commit {commit[:12]}, but not tagged."
            )


def _path(kind: str) -> str:
    return "" if kind == "model" else f"{kind}s/"
