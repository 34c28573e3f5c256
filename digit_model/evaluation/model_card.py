"""Write metrics.json and the model card. All figures on the card come from metrics.json."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from huggingface_hub import EvalResult, ModelCardData

from digit_model.evaluation.report import TEST, result_tables
from digit_model.files import write_atomically
from digit_model.model_folder import (
    CARD_FILE,
    CONFIG_FILE,
    FIGURES,
    METRICS_FILE,
    TENSOR_FILES,
    Hashes,
    measured_hashes,
)

WRITERS = 25  # of recorded strokes, beside the development writers
# Of the digit network's training, and what they show.
TRAINING_FIGURES = {
    "learning_curves.png": "Learning curves",
    "confusion_matrix.png": "Confusion matrix",
}


def write_report(folder: Path, metrics: dict[str, Any]) -> None:
    """Write metrics.json and, if the weights are in the folder, the card.

    Earlier metrics of the same weights are kept.
    """
    path = folder / METRICS_FILE
    if measured_hashes(folder) == Hashes(*(metrics["model"][name] for name in Hashes._fields)):
        metrics = json.loads(path.read_bytes()) | metrics
    write_atomically(path, (json.dumps(metrics, indent=2) + "\n").encode())
    if (folder / CONFIG_FILE).is_file():
        write_atomically(folder / CARD_FILE, model_card_of(folder).encode())


def model_card_of(folder: Path, repo: str | None = None) -> str:
    """The card of the weights in a folder that holds metrics.json; see :func:`model_card`."""
    metrics = json.loads((folder / METRICS_FILE).read_bytes())
    config = json.loads((folder / CONFIG_FILE).read_bytes())
    size = sum((folder / name).stat().st_size for name in TENSOR_FILES)
    curves = [name for name in TRAINING_FIGURES if (folder / FIGURES / name).is_file()]
    return model_card(metrics, config, size / 1000, repo, curves)


def model_card(
    metrics: dict[str, Any],
    config: dict[str, Any],
    kilobytes: float,
    repo: str | None = None,
    curves: Sequence[str] = tuple(TRAINING_FIGURES),
) -> str:
    """The card: Markdown with the Hub's front matter.

    Args:
        metrics: metrics.json.
        config: config.json.
        kilobytes: size of the tensors of all networks.
        repo: repository on the Hub that the example loads; by default the package's own weights.
        curves: which of TRAINING_FIGURES there are.
    """
    source = f'"{repo}"' if repo else ""
    sections = [
        _front_matter(metrics),
        f"""# Handwritten digits, as people really draw them

Three convolutional networks, of {kilobytes:.0f} kB together: one finds handwriting in a photograph,
one the digits of a number in a drawing or in what the first one found, and one recognises a single
digit. They also say how confident they are, and when a picture shows no digit. Use them with the
`digit_model` package, which contains the preprocessing; with any other preprocessing the results
below don't hold.

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

For digits and numbers, drawn or written by hand, dark on light or light on dark. Not for printed
digits, cheques, post codes, or anything important without a person's check.

The network that finds ink in photographs learned to leave out printed lines and print, the paper's
edge and folds, shadows, pens, fingers, boxes and rings. It doesn't leave out handwriting close to
the digit, and it may fail where a hard shadow hides a dark stroke. The digit network takes a 1
whose flag is as level as a 7's top for a 7, and may take a 4 whose strokes don't meet for a 1 or a
9. It reads letters that look like digits (O, I, l, Z, S, b, g, q) as digits. Digits of a number
that overlap, or that are small in a photograph, are often misread.""",
        "\n".join(f"![{TRAINING_FIGURES[name]}]({FIGURES}/{name})" for name in curves),
    ]
    return "\n\n".join(filter(None, sections)) + "\n"


def _front_matter(metrics: dict[str, Any]) -> str:
    data = ModelCardData(
        license="cc-by-sa-3.0",
        library_name="digit_model",
        pipeline_tag="image-classification",
        tags=["handwritten-digits", "mnist"],
        datasets=["ylecun/mnist"],
    )
    test = metrics.get("digits", {}).get(TEST)
    if test:
        data.model_name = "digit_model"
        data.eval_results = [
            EvalResult(
                task_type="image-classification",
                dataset_type="ylecun/mnist",
                dataset_name="MNIST",
                dataset_split="test",
                metric_type="accuracy",
                metric_value=round(test["accuracy"], 4),  # a share of 1
            )
        ]
    return f"---\n{data.to_yaml()}\n---"


def _training(config: dict[str, Any]) -> str:
    """The training data and its length, from config.json."""
    training = config["training"]
    recipe = training.get("recipe", {})
    some = f"{recipe['mnist']:,} of " if recipe.get("mnist") else ""
    sources = [
        f"{some}the first 55,000 of MNIST's training images (LeCun, Cortes and Burges; "
        "CC BY-SA 3.0)"
    ]
    if "degraded" in recipe:
        sources.append(f"{recipe['degraded']:,} of them again, overdrawn, stained or badly copied")
    writers = WRITERS - len(training.get("test_writers", ()))
    sources.append(
        f"the pen strokes of {writers} writers of UCI "
        '"Pen-Based Recognition of Handwritten Digits" '
        "(Alpaydin and Alimoglu; CC BY 4.0), each digit rendered with "
        f"{_count(recipe.get('stroke_variants', '?'), 'different pen')}"
    )
    sources.append(
        f"{recipe.get('allographs', 0):,} synthetic digits in ways of writing from around the world"
    )
    if "flagged" in recipe:
        sources.append(
            f"{recipe['flagged']:,} synthetic 1s and 7s, labelled by how steeply the flag rises"
        )
    if "photographs" in recipe:
        sources.append(
            f"{recipe['photographs']:,} synthetic photographs, of those writers' digits and of "
            "synthetic ones"
        )
    if "scan_variants" in recipe:
        sources.append(
            'three quarters of the scans of UCI "Optical Recognition of Handwritten Digits" '
            '(Alpaydin and Kaynak) and "Semeion Handwritten Digit" (Buscema; both CC BY 4.0), '
            f"each in {_count(recipe['scan_variants'], 'variation')}"
        )
    others = "letters, shapes and scribbles"
    if "scan_variants" in recipe:
        others += ", and Omniglot characters of several alphabets (Lake et al.; MIT)"
    sources.append(f"{recipe.get('nondigits', 0):,} pictures that show no digit: {others}")
    if "corrections" in training:
        sources.append(f"visitors' corrections: {training['corrections']}")
    if "own_digits" in training:
        sources.append(f"own pictures: {training['own_digits']}")
    listed = ";\n".join(f"- {source}" for source in sources)
    again = " Each cycle draws the synthetic pictures anew." if "cycles" in recipe else ""
    seed = training.get("seed", "?")
    these = "of the last of these runs " if "start" in training else ""
    paragraphs = [
        "## Training",
        f"`python train.py` trained it: {_length(training)}, seed {seed}. config.json holds the "
        f"whole recipe. The training data {these}are",
        f"{listed}.",
        f"All pictures go through the same preprocessing as in use.{again}",
        "Recipe, seed, temperature and thresholds were chosen on development data, on which "
        "nothing is trained: MNIST's last 5,000 training images, the pen strokes of five other "
        "writers, and synthetic photographs of their digits. Looking at all the scans, at "
        "MNIST-C's corruptions of those 5,000 images and at the drawings below also led to choices "
        "of preprocessing and training data.",
        "The other two networks draw their training pictures themselves, with their true ink and "
        "the true boxes of their digits: `python train.py --recipe ink` and `--recipe number`.",
    ]
    return "\n\n".join(paragraphs)


def _length(training: dict[str, Any]) -> str:
    """Such as "2 cycles of 19 epochs, then 1 cycle of 13 epochs"."""
    recipe = training.get("recipe", {})
    length = _count(recipe.get("epochs", "?"), "epoch")
    if "cycles" in recipe:
        length = f"{_count(len(recipe['cycles']), 'cycle')} of {length}"
    if "teachers" in training:
        length += f" taught by {_count(len(training['teachers']), 'such network')}"
    if recipe.get("start_share"):
        length += f" that keep {recipe['start_share']:.0%} of the weights before them"
    if "start" in training:
        length = f"{_length(training['start']['training'])}, then {length}"
    return length


def _count(number: int | str, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _results(metrics: dict[str, Any]) -> str:
    """Tables and figures of everything that was measured with these weights."""
    parts = ["## Results"]
    if "digits" in metrics:
        writers = " and what three writers wrote," if "test strokes" in metrics else ""
        parts.append(
            "Only MNIST's test images, as they are and under the corruptions called robustness,"
            f"{writers} are test data, for final measurements. Everything else is development "
            "data: nothing is trained on it, but recipes, seeds, thresholds or preprocessing rules "
            "were chosen on it, so its results are optimistic."
        )
        parts.append(
            "metrics.json holds all numbers; `python -m digit_model evaluate` measures them again "
            "and draws the figures."
        )
    figures = {
        "MNIST-C": ("MNIST-C", "corruptions", "Ten drawings under each corruption"),
        "Robustness": ("robustness", "robustness", "Ten drawings under each of these corruptions"),
        "Digits": ("reliability", "reliability", "Accuracy against confidence"),
        "Digits against non-digits": (
            "reliability",
            "roc",
            "Digits kept against non-digits refused",
        ),
        "Numbers": ("numbers", "wrong_numbers", "Numbers as written → as read, where they differ"),
    }
    for table in result_tables(metrics):
        parts.append(table.markdown())
        key, figure, caption = figures.get(table.title, ("", "", ""))
        if key in metrics:
            parts.append(f"![{caption}](figures/{figure}.png)")
    if "reliability" in metrics:
        parts += [
            "### Worst errors",
            "Each picture is the network's input; above it: the true digit → the answer, and the "
            "confidence.",
            "![Worst errors](figures/worst_errors.png)",
        ]
    return "\n\n".join(parts)
