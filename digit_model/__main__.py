"""``python -m digit_model``: recognise pictures, measure the weights, publish them."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from digit_model import DigitRecognizer, ImageError, ModelError, Prediction
from digit_model.arguments import Parser
from digit_model.hub.names import locate
from digit_model.recognizer import DEFAULT_WEIGHTS
from digit_model.tables import PARTS

if TYPE_CHECKING:
    from digit_model.hub.push import Published


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        return args.run(args)
    except (ModelError, OSError) as error:
        print(f"digit_model: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog="python -m digit_model", description=__doc__)
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=Parser)

    predict = verbs.add_parser("predict", help="print what each picture shows, one line a picture")
    predict.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file")
    predict.add_argument(
        "--top-k", type=int, default=3, choices=range(1, 11), metavar="K", help="labels to list (3)"
    )
    predict.add_argument("--json", action="store_true", help="print one JSON object a line instead")
    predict.set_defaults(run=lambda args: _predict(_load(args.model), args))

    evaluate = verbs.add_parser("evaluate", help="measure the weights on every test set")
    evaluate.add_argument(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw; downloaded there if absent",
    )
    evaluate.add_argument(
        "--only",
        nargs="+",
        choices=PARTS,
        default=PARTS,
        metavar="PART",
        help=f"measure and print these parts alone, and write nothing: {', '.join(PARTS)}",
    )
    evaluate.add_argument(
        "--quick", action="store_true", help="a tenth of every set, printed, nothing written"
    )
    evaluate.add_argument(
        "--compare",
        nargs=2,
        metavar=("A", "B"),
        help="say on which sets the weights B are better or worse than A, instead of measuring one",
    )
    evaluate.set_defaults(
        run=lambda args: _compare(args) if args.compare else _evaluate(_load(args.model), args)
    )

    push = verbs.add_parser("push", help="put the weights, with their model card, on the Hub")
    push.add_argument("repo", metavar="user/repo", help="created if there is none")
    push.add_argument(
        "--create-pr", action="store_true", help="as a pull request, for others to look at first"
    )
    push.add_argument("--tag", metavar="v1.0", help="also mark the commit with a tag")
    push.set_defaults(run=_push)

    space = verbs.add_parser(
        "publish-space",
        help="put the page on a Space of the Hub",
        description="Create or update a Space with the files that the page needs. Files of this "
        "repository's folders that it no longer needs are deleted there; all else stays.",
    )
    space.add_argument("space", metavar="user/space", help="created if there is none")
    space.add_argument(
        "--model",
        metavar="user/repo[@revision]",
        help="serve these weights, at the commit this name means now (weights/, uploaded with it)",
    )
    space.set_defaults(run=_publish_space)

    for verb in (predict, evaluate, push):
        verb.add_argument(
            "--model",
            metavar="FOLDER" if verb is push else "FOLDER|user/repo[@revision]",
            default=str(DEFAULT_WEIGHTS),
            help="the weights: a folder"
            + (" (weights/)" if verb is push else ", or a repository on the Hub (weights/)"),
        )
    for verb in (push, space):
        verb.add_argument(
            "--private", action="store_true", help="visible to you alone, if it has to be created"
        )
    return parser


def _load(model: str) -> DigitRecognizer:
    recognizer = DigitRecognizer.from_pretrained(model)
    if recognizer.notice:
        print(recognizer.notice, file=sys.stderr)
    return recognizer


def _predict(recognizer: DigitRecognizer, args: argparse.Namespace) -> int:
    failed = False
    for path in args.images:
        try:
            prediction = recognizer.predict(path, top_k=args.top_k)
        except ImageError as error:
            failed = True
            print(
                json.dumps({"image": path, "error": str(error)})
                if args.json
                else f"{path}: {error}",
                flush=True,
            )
        else:
            print(
                _as_json(path, prediction) if args.json else _as_line(path, prediction), flush=True
            )
    return 2 if failed else 0


def _as_line(path: str, prediction: Prediction) -> str:
    named = prediction.label or prediction.verdict.replace("_", " ")
    doubt = " (unsure)" if prediction.verdict == "unsure" else ""
    ranking = ", ".join(f"{label} {100 * share:.1f} %" for label, share in prediction.top_k)
    return f"{path}: {named}{doubt}  [{ranking}]"


def _as_json(path: str, prediction: Prediction) -> str:
    return json.dumps(
        {
            "image": path,
            "label": prediction.label,
            "verdict": prediction.verdict,
            "confidence": prediction.confidence,
            "digit_score": prediction.digit_score,
            "top_k": [{"label": label, "confidence": share} for label, share in prediction.top_k],
        }
    )


def _evaluate(recognizer: DigitRecognizer, args: argparse.Namespace) -> int:
    # Imported here: torchvision and matplotlib have no place in the start of `predict`.
    from digit_model.card import write_report
    from digit_model.evaluation import evaluate, format_table
    from digit_model.training.data import DataError

    place, _ = locate(args.model)
    partial = args.quick or set(args.only) != set(PARTS)
    # What is in the Hub's cache is not ours to change.
    folder = place if isinstance(place, Path) else Path("runs") / place.repo.replace("/", "--")
    try:
        metrics = evaluate(
            recognizer,
            args.data_dir,
            parts=args.only,
            step=10 if args.quick else 1,
            figures=None if partial else folder / "figures",
        )
    except DataError as error:
        print(f"digit_model: {error}", file=sys.stderr)
        return 2
    print(format_table(metrics))
    if partial:
        print("\nThis was a part of the evaluation: nothing was written.")
    elif folder == place:
        write_report(folder, metrics)
        print(f"\nWritten: {folder / 'metrics.json'}, the model card and figures/ beside it.")
    else:
        file = folder / "metrics.json"
        file.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
        print(f"\nWritten: {file} and figures/ beside it.")
    return 0


def _compare(args: argparse.Namespace) -> int:
    from digit_model.comparison import compare, format_comparison
    from digit_model.training.data import DataError

    first, second = (_load(model) for model in args.compare)
    try:
        step = 10 if args.quick else 1
        rows = compare(first, second, args.data_dir, parts=args.only, step=step)
    except DataError as error:
        print(f"digit_model: {error}", file=sys.stderr)
        return 2
    print(format_comparison(rows, *args.compare))
    return 0


def _push(args: argparse.Namespace) -> int:
    from digit_model.hub.push import push

    done = push(
        Path(args.model), args.repo, private=args.private, create_pr=args.create_pr, tag=args.tag
    )
    _report(done)
    return 0


def _publish_space(args: argparse.Namespace) -> int:
    from digit_model.hub.space import publish_space

    _report(publish_space(args.space, model=args.model, private=args.private))
    return 0


def _report(done: "Published") -> None:
    for note in done.notes:
        print(note, file=sys.stderr)
    what = "Published" if done.changed else "Nothing has changed since"
    print(f"{what}: {done.url}, commit {done.commit}")


if __name__ == "__main__":
    sys.exit(main())
