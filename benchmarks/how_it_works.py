"""The figures of docs/how-it-works.md, from the example pictures and the shipped weights.

python benchmarks/how_it_works.py
"""

import numpy as np
from benchmark import ROOT
from matplotlib.patches import Rectangle

from digit_model import DigitRecognizer, Prediction
from digit_model.calibration import energy
from digit_model.data.conditions import CONDITIONS
from digit_model.data.held_out_sets import stroke_set
from digit_model.data.nondigits import load_omniglot
from digit_model.data.strokes import pen_digits
from digit_model.decode import WORK_SIDE, decode
from digit_model.evaluation.figures import plt, save_figure
from digit_model.ink import extract_ink
from digit_model.preprocess import preprocess

IMAGES = ROOT / "docs" / "images"
EXAMPLES = ("crossed-seven.jpg", "chalk-on-a-board.jpg", "no-digit-at-all.jpg")
DIGITS, OTHERS = 4, 2  # every so many of the development digits, and of the other characters


def draw_stages(recognizer: DigitRecognizer) -> None:
    """Each example as it is, its ink, what the network sees, and the answer."""
    figure, rows = plt.subplots(len(EXAMPLES), 4, figsize=(10, 2.5 * len(EXAMPLES)))
    for row, name in zip(rows, EXAMPLES, strict=True):
        picture = decode(ROOT / "examples" / name, max_side=WORK_SIDE)
        prediction = recognizer.predict(picture)
        row[0].imshow(picture)
        if prediction.crop is not None:
            height, width = picture.shape[:2]
            left, top, across, down = prediction.crop * np.array([width, height] * 2)
            row[0].add_patch(Rectangle((left, top), across, down, fill=False, color="tab:orange"))
        row[1].imshow(extract_ink(picture, recognizer.find_ink).pixels, cmap="gray_r")
        row[2].imshow(prediction.model_input, cmap="gray_r")
        for panel in row[:3]:
            panel.set(xticks=[], yticks=[])
        draw_answer(row[3], prediction)
    for panel, title in zip(rows[0], ("picture", "ink", "digit, 28×28", ""), strict=True):
        if title:
            panel.set_title(title)
    save_figure(figure, IMAGES / "stages.png")


def draw_answer(panel: plt.Axes, prediction: Prediction) -> None:
    panel.bar(list(prediction.probabilities), list(prediction.probabilities.values()))
    panel.set(ylim=(0, 1), title=f"{prediction.verdict}: {prediction.label or '–'}")
    panel.set_xlabel(f"digit score {prediction.digit_score:.2f}")


def draw_energies(recognizer: DigitRecognizer) -> None:
    """The energies of digits and of other characters, and the threshold between them."""
    written = pen_digits("development")[::DIGITS]
    digits, _ = stroke_set(written, CONDITIONS[0])
    letters, _ = load_omniglot("development")
    others = np.stack([preprocess(image) for image in letters[::OTHERS]])
    threshold = recognizer.calibration.least_energy
    figure, axes = plt.subplots(figsize=(7, 3))
    bins = np.linspace(1.5, 30, 58).tolist()
    for name, images in (("digits of five writers", digits), ("letters of an alphabet", others)):
        axes.hist(energy(recognizer.logits(images)), bins, density=True, alpha=0.6, label=name)
    axes.axvline(threshold, color="black", linestyle="--", label="not a digit below")
    axes.set(
        xlabel="energy: logsumexp of the logits", ylabel="density", title="Is it a digit at all?"
    )
    axes.set_yscale("log")
    axes.legend(fontsize=8)
    save_figure(figure, IMAGES / "energies.png")


def draw_number(recognizer: DigitRecognizer) -> None:
    """The boxes that the number network finds, and what each digit is read as."""
    picture = decode(ROOT / "examples" / "number.jpg", max_side=WORK_SIDE)
    reading = recognizer.read_number(picture)
    figure, axes = plt.subplots(figsize=(4, 4 * picture.shape[0] / picture.shape[1]))
    axes.imshow(picture)
    for (left, top, right, bottom), digit in reading.digits:
        box = Rectangle((left, top), right - left, bottom - top, fill=False, color="tab:orange")
        axes.add_patch(box)
        axes.text((left + right) / 2, top - 5, digit.label or "–", color="tab:orange", ha="center")
    axes.set_title(f"{reading.text}, {100 * reading.confidence:.0f} %")
    axes.axis("off")
    save_figure(figure, IMAGES / "number.png")


if __name__ == "__main__":
    shipped = DigitRecognizer.from_pretrained()
    draw_stages(shipped)
    draw_energies(shipped)
    draw_number(shipped)
