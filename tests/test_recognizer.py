"""The shipped weights, through the public interface, on digits that no training has seen."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.modules.module import register_module_forward_hook

from digit_model import DigitRecognizer, ImageError, ModelError
from digit_model.data.conditions import CONDITIONS, STYLES, Condition, draw
from digit_model.data.nondigits import nondigits
from digit_model.data.strokes import pen_digits
from digit_model.evaluation.sets import load_drawings

FIXTURES = Path(__file__).parent / "fixtures"
WEIGHTS = Path(__file__).parents[1] / "weights"


@pytest.fixture(scope="module")
def mnist() -> tuple[np.ndarray, np.ndarray]:
    with np.load(FIXTURES / "mnist_test_sample.npz") as arrays:
        return arrays["images"], arrays["labels"]


def test_weights_fit_their_budget_and_their_report() -> None:
    for name in ("ink.safetensors", "model.safetensors", "number.safetensors"):
        assert (WEIGHTS / name).stat().st_size <= 2_000_000
    config = json.loads((WEIGHTS / "config.json").read_text())
    metrics = json.loads((WEIGHTS / "metrics.json").read_text())
    assert metrics["model"]["sha256"] == config["sha256"]
    digits, strokes = metrics["digits"], metrics["strokes"]
    assert digits["MNIST test"]["accuracy"] >= 0.995
    assert digits["MNIST test, inverted and enlarged"]["accuracy"] >= 0.995
    assert strokes["mean_recall"] >= 0.985
    assert strokes["worst_recall"] >= 0.98
    assert digits["drawings"]["accuracy"] == 1
    card = (WEIGHTS / "README.md").read_text()
    assert f"{100 * metrics['digits']['MNIST test']['accuracy']:.2f}" in card


def test_a_sample_of_mnist_test_images_as_they_are_inverted_and_enlarged(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    def guesses(pictures: list[np.ndarray]) -> np.ndarray:
        answers = [answer.probabilities for answer in recognizer.predict_batch(pictures)]
        return np.array([max(answer, key=answer.__getitem__) for answer in answers], int)

    images, labels = mnist
    plain = guesses(list(images))
    assert np.mean(plain == labels) >= 0.99
    assert np.array_equal(guesses(list(255 - images)), plain)
    assert np.mean(guesses([np.kron(i, np.ones((8, 8))) for i in images]) == plain) >= 0.99


def test_every_committed_drawing_is_recognised(recognizer: DigitRecognizer) -> None:
    images, labels = load_drawings()
    wrong = np.flatnonzero(recognizer.logits(images).argmax(axis=1) != labels)
    assert wrong.size == 0


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_strokes_of_held_out_writers(recognizer: DigitRecognizer, condition: Condition) -> None:
    drawings = pen_digits("development")[::12]
    rng = np.random.default_rng(0)
    pictures = [
        draw(digit.drawing, condition, STYLES[number % len(STYLES)], rng)
        for number, digit in enumerate(drawings)
    ]
    predictions = recognizer.predict_batch(pictures)
    right = [p.label == str(digit.label) for p, digit in zip(predictions, drawings, strict=True)]
    assert np.mean(right) >= 0.97
    assert all(p.verdict != "blank" for p in predictions)


def test_a_prediction_is_consistent(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    prediction = recognizer.predict(mnist[0][0], top_k=4)
    assert list(prediction.probabilities) == list("0123456789")
    assert sum(prediction.probabilities.values()) == pytest.approx(1)
    assert len(prediction.top_k) == 4
    ranked = sorted(prediction.probabilities.items(), key=lambda item: -item[1])
    assert prediction.top_k == ranked[:4]
    assert prediction.confidence == prediction.top_k[0][1]
    assert prediction.label == prediction.top_k[0][0]
    assert 0 <= prediction.digit_score <= 1
    assert prediction.model_input.shape == (28, 28)
    assert prediction.model_input.dtype == np.uint8


@pytest.mark.parametrize(
    "picture",
    [np.zeros((50, 50)), np.full((9, 9, 3), 255, np.uint8), np.zeros((5, 5, 4), np.uint8)],
)
def test_blank(recognizer: DigitRecognizer, picture: np.ndarray) -> None:
    prediction = recognizer.predict(picture)
    assert prediction.verdict == "blank"
    assert prediction.label is None
    assert prediction.digit_score == 0
    assert set(prediction.probabilities.values()) == {0.1}


def test_a_batch_gives_what_single_calls_give(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    pictures = [*mnist[0][:20], np.zeros((30, 30), np.uint8)]
    together = recognizer.predict_batch(pictures)
    for picture, prediction in zip(pictures, together, strict=True):
        alone = recognizer.predict(picture)
        assert alone.verdict == prediction.verdict
        assert list(alone.probabilities.values()) == pytest.approx(
            list(prediction.probabilities.values()), abs=1e-5
        )
    assert recognizer.predict_batch([]) == []
    for single in ("3.png", b"3"):
        with pytest.raises(ValueError, match="takes a list"):
            recognizer.predict_batch(single)  # type: ignore[arg-type]
    with pytest.raises(ImageError) as raised:
        recognizer.predict_batch([pictures[0], b"no picture", pictures[1]])
    assert raised.value.__notes__ == ["It is image 1 of the 3, counted from 0."]


def test_calls_at_once_get_their_own_answers_and_leave_torch_s_threads_alone(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    """They once made several executors and left the whole process on one of torch's threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        parts = [list(mnist[0][start : start + 8]) for start in range(0, 24, 4)]
        alone = [[p.top_k for p in recognizer.predict_batch(part)] for part in parts]
        running = set(threading.enumerate())
        with ThreadPoolExecutor(len(parts)) as executor:
            together = list(executor.map(recognizer.predict_batch, parts))
            in_a_new_thread = executor.submit(torch.get_num_threads).result()
        assert [[p.top_k for p in part] for part in together] == alone
        assert torch.get_num_threads() == in_a_new_thread == 2
        # Those of earlier tests may end meanwhile.
        assert not set(threading.enumerate()) - running
    finally:
        torch.set_num_threads(before)


def test_warming_up_asks_all_networks(recognizer: DigitRecognizer) -> None:
    asked: set[str] = set()
    hook = register_module_forward_hook(lambda network, *_: asked.add(type(network).__name__))
    recognizer.warm_up()
    hook.remove()
    assert {"DigitCNN", "InkNetwork", "NumberNetwork"} <= asked


def test_weights_that_are_saved_load_again_to_the_bit(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    recognizer.save_pretrained(tmp_path / "copy")
    for name in (
        "config.json",
        "ink.safetensors",
        "model.safetensors",
        "number.safetensors",
        "metrics.json",
        "README.md",
    ):
        assert (tmp_path / "copy" / name).read_bytes() == (WEIGHTS / name).read_bytes(), name
    assert (tmp_path / "copy" / "figures" / "roc.png").is_file()
    copy = DigitRecognizer.from_pretrained(tmp_path / "copy")
    assert copy.sha256 == recognizer.sha256
    assert np.array_equal(copy.logits(mnist[0]), recognizer.logits(mnist[0]))


def test_saved_weights_do_not_take_figures_of_others_with_them(
    recognizer: DigitRecognizer, tmp_path: Path
) -> None:
    recognizer.save_pretrained(tmp_path / "a")
    metrics = tmp_path / "a" / "metrics.json"
    metrics.write_text(metrics.read_text().replace(recognizer.sha256, "0" * 64))
    DigitRecognizer.from_pretrained(tmp_path / "a").save_pretrained(tmp_path / "b")
    with pytest.raises(ModelError, match=r"evaluate --model .*/b"):
        DigitRecognizer.from_pretrained(tmp_path / "b").push_to_hub("user/digits")
    names = {path.name for path in (tmp_path / "b").iterdir()}
    assert names == {"config.json", "ink.safetensors", "model.safetensors", "number.safetensors"}


def test_non_digits_score_below_digits(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    digits = [p.digit_score for p in recognizer.predict_batch(list(mnist[0]))]
    others = recognizer.calibration.digit_scores(recognizer.logits(nondigits(60, seed=77)))
    assert np.median(digits) > 0.9
    assert np.median(others) < 0.1


@pytest.mark.parametrize("top_k", [0, 11, -1, 2.5, "3", None, True])
def test_top_k_out_of_range(recognizer: DigitRecognizer, top_k: int) -> None:
    with pytest.raises(ValueError, match="whole number from 1 to 10"):
        recognizer.predict(np.zeros((9, 9)), top_k=top_k)


def test_top_k_may_be_numpys(recognizer: DigitRecognizer) -> None:
    assert len(recognizer.predict(np.eye(40), top_k=np.int64(4)).top_k) == 4  # type: ignore[arg-type]


def test_a_bad_picture_leaves_the_recogniser_working(
    recognizer: DigitRecognizer, mnist: tuple[np.ndarray, np.ndarray]
) -> None:
    with pytest.raises(ImageError):
        recognizer.predict(b"no picture")
    assert recognizer.predict(mnist[0][1]).verdict != "blank"
