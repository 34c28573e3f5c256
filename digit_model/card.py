"""metrics.json beside the weights, and the model card, whose every figure is read from it."""

import json
from pathlib import Path
from typing import Any

from digit_model.files import replace_file
from digit_model.tables import result_tables
from digit_model.weights import CONFIG_FILE, WEIGHTS_FILE

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


def model_card(
    metrics: dict[str, Any], config: dict[str, Any], kilobytes: float, repo: str | None = None
) -> str:
    """The card as Markdown with the Hub's front matter; ``repo`` is where on the Hub it will be."""
    source = f'"{repo}"' if repo else ""
    sections = [
        _front_matter(metrics),
        f"""# Handwritten digits, as people really draw them

A convolutional network of {kilobytes:.0f} kB that reads one handwritten digit from a sketch, a scan
or a photograph, says how sure it is, and refuses what is no digit. It is the network of the
`digit_model` package, which brings the preprocessing with it; without that preprocessing its
figures don't hold.

```python
from PIL import Image, ImageDraw

from digit_model import DigitRecognizer

picture = Image.new("L", (280, 280), "white")  # or the name of a picture's file
ImageDraw.Draw(picture).line([(80, 60), (200, 60), (120, 230)], fill="black", width=20)

prediction = DigitRecognizer.from_pretrained({source}).predict(picture)
print(prediction.verdict, prediction.label, prediction.confidence)
```""",
        _training(config),
        _results(metrics),
        """## Intended use and limits

For single digits, drawn or written by hand, dark on light or light on dark. Not for several digits
in one picture, printed type, cheques, post codes or anything that matters without a person's
check. In photographs the sheet is found, printed lines are taken out, and print, pens, fingers,
boxes and rings that don't touch the digit are left out; handwriting right beside it is not, and a
hard shadow across a wide marker is not always seen through. A 1 with a long flag is taken for a 7,
a 4 whose strokes don't meet for a 1 or a 9. Letters that look like digits (O, I, l, Z, S, b, g, q)
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


def _training(config: dict[str, Any]) -> str:
    """What the recipe in config.json says the weights were trained on."""
    recipe = config["training"].get("recipe", {})
    each = ", drawn anew in each cycle" if "cycles" in recipe else ""
    sources = [
        "the first 55,000 of MNIST's training images (LeCun, Cortes and Burges; CC BY-SA 3.0)"
    ]
    if "worn" in recipe:
        sources[0] += f", and {recipe['worn']:,} of them overdrawn, stained or badly copied"
    sources.append(
        'the pen strokes of 25 writers of UCI "Pen-Based Recognition of Handwritten Digits" '
        f"(Alpaydin and Alimoglu; CC BY 4.0), each rendered {recipe.get('variants', '?')} times "
        "with other pens"
    )
    if "photographs" in recipe:
        sources.append(f"{recipe['photographs']:,} synthetic photographs of such strokes")
    if "scan_variants" in recipe:
        sources.append(
            'three quarters of the scans of UCI "Optical Recognition of Handwritten Digits" '
            '(Alpaydin and Kaynak) and "Semeion Handwritten Digit" (Buscema; both CC BY 4.0), '
            f"each in {recipe['scan_variants']} variations"
        )
    sources.append(
        f"{recipe.get('synthetic', 0):,} synthetic digits in allographs from around the world"
    )
    others = "letters, shapes and scribbles"
    if "scan_variants" in recipe:
        others += ", and characters of all of Omniglot's alphabets here but one (Lake et al.; MIT)"
    sources.append(f"{recipe.get('nondigits', 0):,} pictures that are no digits: {others}")
    if "corrections" in config["training"]:
        sources.append(f"visitors' corrections: {config['training']['corrections']}")
    listed = ",\n".join(f"- {source}" for source in sources)
    seed = config["training"].get("seed", "?")
    return f"""## Training

Trained with `python train.py` ({_length(config["training"])}, seed {seed};
config.json holds the whole recipe) on

{listed},

all brought to 28×28 by the same code that serves{each}. The temperature and all
thresholds were set on MNIST's last 5,000 training images and on five other writers, clean and
augmented."""


def _length(training: dict[str, Any]) -> str:
    """Such as "2 cycles of 19 epochs, then 1 cycle of 13 epochs"."""
    recipe = training.get("recipe", {})
    length = _count(recipe.get("epochs", "?"), "epoch")
    if "cycles" in recipe:
        length = f"{_count(len(recipe['cycles']), 'cycle')} of {length}"
    if "teachers" in training:
        length += f" taught by {_count(len(training['teachers']), 'such network')}"
    if "start" in training:
        length = f"{_length(training['start']['training'])}, then {length}"
    return length


def _count(number: int | str, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _results(metrics: dict[str, Any]) -> str:
    """Tables and figures of whatever has been measured of these weights so far."""
    parts = ["## Results"]
    if "digits" in metrics:
        parts.append(
            "Held-out data, none of it seen in training. `python -m digit_model evaluate` measures "
            "all of it again and draws the figures; metrics.json holds the numbers."
        )
    figures = {
        "MNIST-C": ("MNIST-C", "corruptions", "Ten drawings under each corruption"),
        "Digits": ("reliability", "reliability", "Accuracy against confidence"),
        "Digits against other ink": ("reliability", "roc", "Digits kept against other ink refused"),
    }
    for table in result_tables(metrics):
        parts.append(table.markdown())
        key, figure, caption = figures.get(table.title, ("", "", ""))
        if key in metrics:
            parts.append(f"![{caption}](figures/{figure}.png)")
    if "reliability" in metrics:
        parts += [
            "### Worst errors",
            "What the network saw, what it is → what it was taken for, and how surely.",
            "![Worst errors](figures/worst_errors.png)",
        ]
    return "\n\n".join(parts)
