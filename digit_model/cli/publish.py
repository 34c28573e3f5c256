"""The verbs ``push`` and ``publish-space``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digit_model.model_folder import DEFAULT_WEIGHTS

if TYPE_CHECKING:
    from digit_model.hub.push import Published


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    push_parser = verbs.add_parser(
        "push",
        help="upload the weights and their model card to the Hub",
        description="Upload weights, metrics, figures and model card to a repository on the Hub, "
        "in one commit; in none if it has them already. Log in by `hf auth login` first, or set "
        "HF_TOKEN.",
    )
    push_parser.add_argument("repo", metavar="user/repo", help="created if there is none")
    push_parser.add_argument(
        "--create-pr", action="store_true", help="open a pull request instead of committing"
    )
    push_parser.add_argument("--tag", metavar="v1.0", help="a tag for the commit")
    push_parser.add_argument(
        "--model", metavar="FOLDER", default=str(DEFAULT_WEIGHTS), help="the weights (weights/)"
    )
    push_parser.set_defaults(run=push)

    space_parser = verbs.add_parser(
        "publish-space",
        help="upload the page to a Space on the Hub",
        description="Create or update a Space with the files that the page needs. Files in this "
        "repository's folders that it no longer needs are deleted there; all others stay.",
    )
    space_parser.add_argument("space", metavar="user/space", help="created if there is none")
    space_parser.add_argument(
        "--model",
        metavar="user/repo[@revision]",
        help="weights that the Space serves, at their current commit (default: upload weights/)",
    )
    space_parser.set_defaults(run=publish_space)

    for parser in (push_parser, space_parser):
        parser.add_argument(
            "--private", action="store_true", help="make it private if it has to be created"
        )


def push(args: argparse.Namespace) -> int:
    from digit_model.hub.push import push as push_weights  # the Hub's client takes half a second

    published = push_weights(
        Path(args.model), args.repo, private=args.private, create_pr=args.create_pr, tag=args.tag
    )
    _report(published)
    return 0


def publish_space(args: argparse.Namespace) -> int:
    from digit_model.hub.space import publish_space as publish

    _report(publish(args.space, model=args.model, private=args.private))
    return 0


def _report(published: Published) -> None:
    for note in published.notes:
        print(note, file=sys.stderr)
    what = "Published" if published.changed else "Nothing has changed since"
    print(f"{what}: {published.url}, commit {published.commit}")
