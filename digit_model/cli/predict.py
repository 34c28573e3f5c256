"""The verb ``predict``."""

import argparse
import json
from typing import Any

from digit_model import ImageError, Prediction
from digit_model.cli.model_option import add_model_option, load_model


def add_verbs(verbs: Any) -> None:
    """``verbs``: what ``ArgumentParser.add_subparsers`` returned."""
    parser = verbs.add_parser("predict", help="print the prediction for each picture on a line")
    parser.add_argument("images", nargs="+", metavar="IMAGE", help="a picture file")
    parser.add_argument(
        "--top-k", type=int, default=3, choices=range(1, 11), metavar="K", help="labels to list (3)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object per line instead"
    )
    add_model_option(parser)
    parser.set_defaults(run=predict)


def predict(args: argparse.Namespace) -> int:
    recognizer = load_model(args.model)
    failed = False
    for path in args.images:
        try:
            prediction = recognizer.predict(path, top_k=args.top_k)
        except ImageError as error:
            failed = True
            problem = json.dumps({"image": path, "error": str(error)})
            print(problem if args.json else f"{path}: {error}", flush=True)
        else:
            describe = _as_json if args.json else _as_line
            print(describe(path, prediction), flush=True)
    return 2 if failed else 0


def _as_line(path: str, prediction: Prediction) -> str:
    answer = prediction.label or prediction.verdict.replace("_", " ")
    doubt = " (unsure)" if prediction.verdict == "unsure" else ""
    ranking = ", ".join(f"{label} {100 * share:.1f} %" for label, share in prediction.top_k)
    return f"{path}: {answer}{doubt}  [{ranking}]"


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
