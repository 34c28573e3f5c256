"""``python -m digit_model``: recognise pictures, or measure the weights."""

import argparse
import json
import sys
from pathlib import Path

from digit_model import DigitRecognizer, ImageError, ModelError, Prediction
from digit_model.arguments import Parser
from digit_model.recognizer import DEFAULT_WEIGHTS


def main(argv: list[str] | None = None) -> int:
    args = _parser().parse_args(argv)
    try:
        recognizer = DigitRecognizer.from_pretrained(args.model)
        return args.run(recognizer, args)
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
    predict.set_defaults(run=_predict)

    evaluate = verbs.add_parser("evaluate", help="measure the weights on every test set")
    evaluate.add_argument(
        "--data-dir",
        type=Path,
        default=Path("data"),
        help="folder with MNIST/raw; downloaded there if absent",
    )
    evaluate.set_defaults(run=_evaluate)

    for verb in (predict, evaluate):
        verb.add_argument(
            "--model", type=Path, default=DEFAULT_WEIGHTS, help="folder with the weights (weights/)"
        )
    return parser


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

    try:
        metrics = evaluate(recognizer, args.data_dir)
    except DataError as error:
        print(f"digit_model: {error}", file=sys.stderr)
        return 2
    print(format_table(metrics))
    write_report(args.model, metrics)
    print(f"Written: {args.model / 'metrics.json'} and the model card beside it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
