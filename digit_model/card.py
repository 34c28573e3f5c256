"""metrics.json beside the weights, and the model card, whose every figure is read from it."""

import json
from pathlib import Path
from typing import Any

from digit_model.weights import CONFIG_FILE, WEIGHTS_FILE, replace_file

METRICS_FILE = "metrics.json"
CARD_FILE = "README.md"


def write_report(folder: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json and the card. What an earlier step measured of the same weights stays."""
    path = folder / METRICS_FILE
    earlier = json.loads(path.read_bytes()) if path.exists() else {}
    if earlier.get("model", {}).get("sha256") == metrics["model"]["sha256"]:
        metrics = earlier | metrics
    config = json.loads((folder / CONFIG_FILE).read_bytes())
    parameters_kb = (folder / WEIGHTS_FILE).stat().st_size / 1000
    replace_file(path, (json.dumps(metrics, indent=2) + "\n").encode())
    replace_file(folder / CARD_FILE, model_card(metrics, config, parameters_kb).encode())


def model_card(metrics: dict[str, Any], config: dict[str, Any], kilobytes: float) -> str:
    """The card as Markdown with the Hub's front matter."""
    recipe = config["training"].get("recipe", {})
    sections = [
        _front_matter(metrics),
        f"""# Handwritten digits, as people really draw them

A convolutional network of {kilobytes:.0f} kB that reads one handwritten digit from a sketch, a scan
or a photograph, says how sure it is, and refuses what is no digit. It is the network of the
`digit_model` package, which brings the preprocessing with it; without that preprocessing its
figures don't hold.

```python
from digit_model import DigitRecognizer

prediction = DigitRecognizer.from_pretrained().predict("seven.png")
print(prediction.verdict, prediction.label, prediction.confidence)
```""",
        f"""## Training

Trained with `python train.py` ({recipe.get("epochs", "?")} epochs, seed
{config["training"].get("seed", "?")}; config.json holds the whole recipe) on

- the first 55,000 of MNIST's training images (LeCun, Cortes and Burges; CC BY-SA 3.0),
- the pen strokes of 25 writers of UCI "Pen-Based Recognition of Handwritten Digits" (Alpaydin and
  Alimoglu; CC BY 4.0), each rendered {recipe.get("variants", "?")} times with other pens,
- {recipe.get("synthetic", 0):,} synthetic digits in allographs from around the world, and
  {recipe.get("nondigits", 0):,} rendered letters, shapes and scribbles as non-digits,

all brought to 28×28 by the same code that serves. The temperature and all thresholds were set on
MNIST's last 5,000 training images and on five other writers, clean and augmented.""",
        _results(metrics),
        """## Intended use and limits

For single digits, drawn or written by hand, dark on light or light on dark. Not for several digits
in one picture, printed type, cheques, post codes or anything that matters without a person's
check. A sheet of paper on a table and a hard shadow across the digit are often, but not always,
seen through; other writing beside the digit is not. A 1 with a very long flag is taken for a 7, a
4 whose strokes don't meet for a 1 or a 9. Letters that look like digits (O, I, l, Z, S, b, g, q)
are read as digits.""",
        "![Learning curves](figures/learning_curves.png)\n"
        "![Confusion matrix](figures/confusion_matrix.png)",
    ]
    return "\n\n".join(sections) + "\n"


def _front_matter(metrics: dict[str, Any]) -> str:
    lines = [
        "---",
        "license: cc-by-sa-3.0",
        "library_name: digit_model",
        "pipeline_tag: image-classification",
    ]
    lines += ["tags:", "- handwritten-digits", "- mnist", "datasets:", "- ylecun/mnist"]
    test = metrics.get("digits", {}).get("MNIST test")
    if test:
        lines += [
            "model-index:",
            "- name: digit_model",
            "  results:",
            "  - task: {type: image-classification}",
            "    dataset: {name: MNIST, type: ylecun/mnist, split: test}",
            f"    metrics: [{{type: accuracy, value: {test['accuracy']:.4f}}}]",
        ]
    return "\n".join([*lines, "---"])


def _results(metrics: dict[str, Any]) -> str:
    """A table of whatever has been measured of these weights so far."""
    lines = ["## Results", ""]
    for title, key, command in (
        ("Held-out data, none of it seen in training", "digits", "python -m digit_model evaluate"),
        ("Validation, on which thresholds were set", "validation", "python train.py"),
    ):
        if key not in metrics:
            continue
        lines += [f"{title} (`{command}`), in %:", ""]
        lines += [
            "| Set | Digits | Accuracy | Mean recall | ECE | Unsure | Refused |",
            "|---|---|---|---|---|---|---|",
        ]
        for name, row in metrics[key].items():
            shares = ("accuracy", "mean_recall", "ece", "unsure", "refused")
            cells = " | ".join(f"{100 * row[share]:.2f}" for share in shares)
            lines.append(f"| {name} | {row['count']} | {cells} |")
        lines.append("")
    if "nondigits" in metrics:
        lines += [
            "| Non-digits | Characters | AUROC against digits | Refused |",
            "|---|---|---|---|",
        ]
        for name, row in metrics["nondigits"].items():
            lines.append(
                f"| {name} | {row['count']} | {row['auroc']:.4f} | {100 * row['refused']:.1f} % |"
            )
    return "\n".join(lines).rstrip()
